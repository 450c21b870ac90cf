/** Viridis (van der Walt and Smith), every ninth: even steps to the eye, and the same order for every kind of colour vision. */
const STOPS = [
  [68, 1, 84],
  [71, 44, 122],
  [59, 81, 139],
  [44, 113, 142],
  [33, 144, 141],
  [39, 173, 129],
  [92, 200, 99],
  [170, 220, 50],
  [253, 231, 37],
] as const;

export type Colour = readonly [number, number, number];

/** Red, green and blue, in [0, 255], of a share in [0, 1]; from outside, of the end that is nearer. */
export function scaleColour(share: number): Colour {
  const place = Math.min(1, Math.max(0, share)) * (STOPS.length - 1);
  const index = Math.min(STOPS.length - 2, Math.floor(place));
  const [from, to] = [STOPS[index] ?? STOPS[0], STOPS[index + 1] ?? STOPS[0]];
  const mix = (channel: 0 | 1 | 2): number =>
    Math.round(from[channel] + (place - index) * (to[channel] - from[channel]));
  return [mix(0), mix(1), mix(2)];
}

/** The whole scale, for a legend. */
export function scaleGradient(): string {
  return `linear-gradient(to right, ${STOPS.map((colour) => `rgb(${colour.join(' ')})`).join(', ')})`;
}
