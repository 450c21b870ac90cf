/**
 * 95 % confidence interval of a success rate (Wilson 1927, "Probable inference, the law of succession,
 * and statistical inference"). It stays inside [0, 1] and is sound at no success and at nothing but success.
 */
export function wilsonInterval95(successes: number, episodes: number): [low: number, high: number] {
  if (episodes === 0) return [0, 1];
  const z = 1.959964;
  const rate = successes / episodes;
  const denominator = 1 + z ** 2 / episodes;
  const centre = rate + z ** 2 / (2 * episodes);
  const spread = z * Math.sqrt((rate * (1 - rate)) / episodes + z ** 2 / (4 * episodes ** 2));
  return [Math.max(0, (centre - spread) / denominator), Math.min(1, (centre + spread) / denominator)];
}
