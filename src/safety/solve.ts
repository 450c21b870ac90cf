/** Steps until the range is as narrow as doubles allow; the secant usually needs six. */
const MOST_STEPS = 100;
/** Relative width at which a solution is exact enough: far below any tolerance on limits, above rounding. */
const PRECISION = 1e-14;

/**
 * The largest x in [low, high] with `excess(x) <= 0`, for a function that does not fall; `low` when there is none.
 * Regula falsi with the Illinois rule, and a bisection wherever that narrows the range too little. The value returned
 * has itself been found not to exceed.
 */
export function largestWithin(excess: (x: number) => number, low: number, high: number): number {
  let excessHigh = excess(high);
  if (excessHigh <= 0) return high;
  let excessLow = excess(low);
  if (!(excessLow < 0)) return low;
  let [below, above] = [low, high];
  let side = 0;
  const precision = PRECISION * (Math.abs(low) + Math.abs(high));
  for (let step = 0; step < MOST_STEPS && above - below > precision; step += 1) {
    const width = above - below;
    const secant = above - (excessHigh * width) / (excessHigh - excessLow);
    const x = step % 3 === 2 || !(secant > below && secant < above) ? below + width / 2 : secant;
    // Between neighbours of double precision there is nothing left to find.
    if (x <= below || x >= above) break;
    const value = excess(x);
    if (value <= 0) {
      if (value === 0) return x;
      [below, excessLow] = [x, value];
      if (side < 0) excessHigh /= 2;
      side = -1;
    } else {
      [above, excessHigh] = [x, value];
      if (side > 0) excessLow /= 2;
      side = 1;
    }
  }
  return below;
}
