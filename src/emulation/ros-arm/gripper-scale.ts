type Pair = readonly [number, number];

/** The line through two pairs of values, beyond them too. */
export function linearMap(from: Pair, to: Pair): (value: number) => number {
  const slope = (to[1] - to[0]) / (from[1] - from[0]);
  return (value) => to[0] + (value - from[0]) * slope;
}
