import { ArmatureError } from '../core/errors.ts';
import type { Rng } from '../core/rng.ts';
import type { Sampling } from './model-manifest.ts';

/** The vocabulary of one action token: bins low to high, both included. */
export interface AllowedInterval {
  readonly low: number;
  readonly high: number;
}

/** The same where it is no interval: these values, rising, such as the choices that are left. */
export interface AllowedSet {
  readonly bins: readonly number[];
}

export type AllowedBins = AllowedInterval | AllowedSet;

export interface SampledBin {
  readonly bin: number;
  /**
   * How sure the policy is, at temperature 1 among the allowed bins, in [0, 1]: the probability of this
   * bin, or under `expected` that of the window it is the mean of, because a single bin of a peak says nothing.
   */
  readonly probability: number;
  /** True when the most likely of all bins is not among the allowed ones. */
  readonly masked: boolean;
  /** The most likely of all bins, allowed or not. */
  readonly likeliest: number;
}

/** A bin as an index into the allowed ones. */
type ChosenBin = Pick<SampledBin, 'bin' | 'probability'>;

export interface SamplingContext {
  readonly allowed: AllowedBins;
  readonly sampling: Sampling;
  /** Drawn from by `temperature` only. */
  readonly rng: Rng;
}

/**
 * Chooses the next action token.
 * @param logits of all bins, shape (bins). What lies outside the allowed bins has no influence.
 * Throws E_ALLOWED_BINS where they are none or leave the bins, E_POLICY_OUTPUT when a logit
 * is not finite: a damaged model emits no token.
 */
export function sampleBin(logits: Float32Array, context: SamplingContext): SampledBin {
  const best = bestOf(logits);
  if ('bins' in context.allowed) {
    const { bins } = context.allowed;
    checkSet(bins, logits.length);
    checkFinite(logits);
    const { bin, probability } = chooseOf(
      Float32Array.from(bins, (value) => logits[value] ?? 0),
      context,
    );
    return { bin: bins[bin] ?? 0, probability, masked: !bins.includes(best), likeliest: best };
  }
  const { low, high } = context.allowed;
  checkAllowed(context.allowed, logits.length);
  checkFinite(logits);
  const { bin, probability } = chooseOf(logits.subarray(low, high + 1), context);
  return { bin: low + bin, probability, masked: best < low || best > high, likeliest: best };
}

/** @param logits of the allowed bins only */
function chooseOf(logits: Float32Array, context: SamplingContext): ChosenBin {
  return choose(logits, softmax(logits, 1), context);
}

function choose(logits: Float32Array, probabilities: Float64Array, context: SamplingContext): ChosenBin {
  const { sampling, rng } = context;
  const single = (bin: number): ChosenBin => ({ bin, probability: probabilities[bin] ?? 0 });
  switch (sampling.kind) {
    case 'greedy':
      return single(bestOf(logits));
    case 'expected':
      // Choices that are left of a set are no neighbours, so they have no mean.
      if ('bins' in context.allowed) return single(bestOf(logits));
      return expectedBin(probabilities, bestOf(logits), sampling.windowBins);
    case 'temperature': {
      const weights = softmax(logits, sampling.temperature);
      if (sampling.topK !== undefined) keepBest(weights, sampling.topK);
      return single(draw(weights, rng));
    }
  }
}

/** The first of the highest values. */
function bestOf(values: Float32Array): number {
  let best = 0;
  for (let index = 1; index < values.length; index += 1) {
    if ((values[index] ?? 0) > (values[best] ?? 0)) best = index;
  }
  return best;
}

/**
 * Neighbouring bins are neighbouring values, so the mean of a peak is finer than its highest bin.
 * The window keeps a second, distant peak out: the mean of two ways around an obstacle hits it.
 */
function expectedBin(probabilities: Float64Array, best: number, windowBins: number): ChosenBin {
  const first = Math.max(0, best - windowBins);
  const last = Math.min(probabilities.length - 1, best + windowBins);
  let mass = 0;
  let moment = 0;
  for (let index = first; index <= last; index += 1) {
    const probability = probabilities[index] ?? 0;
    mass += probability;
    moment += probability * (index - best);
  }
  // A sum of shares may be one and a rounding error.
  return { bin: best + Math.round(moment / mass), probability: Math.min(1, mass) };
}

/** Written as loops: array callbacks would take 0.1 ms of every action token. */
function softmax(logits: Float32Array, temperature: number): Float64Array {
  const highest = logits[bestOf(logits)] ?? 0;
  const weights = new Float64Array(logits.length);
  let total = 0;
  for (let index = 0; index < weights.length; index += 1) {
    const weight = Math.exp(((logits[index] ?? 0) - highest) / temperature);
    weights[index] = weight;
    total += weight;
  }
  for (let index = 0; index < weights.length; index += 1) weights[index] = (weights[index] ?? 0) / total;
  return weights;
}

/** Zeroes all but the `count` greatest weights; of equal ones the lower bin stays. */
function keepBest(weights: Float64Array, count: number): void {
  const order = Array.from(weights.keys()).toSorted(
    (left, right) => (weights[right] ?? 0) - (weights[left] ?? 0) || left - right,
  );
  for (const index of order.slice(count)) weights[index] = 0;
}

function draw(weights: Float64Array, rng: Rng): number {
  let remaining = rng.uniform(
    0,
    weights.reduce((sum, weight) => sum + weight, 0),
  );
  let last = 0;
  for (let index = 0; index < weights.length; index += 1) {
    const weight = weights[index] ?? 0;
    if (weight === 0) continue;
    last = index;
    remaining -= weight;
    if (remaining < 0) break;
  }
  // Rounding may leave a remainder after the last weight; that draw belongs to the last bin with any.
  return last;
}

function checkAllowed({ low, high }: AllowedInterval, bins: number): void {
  if (Number.isInteger(low) && Number.isInteger(high) && low >= 0 && low <= high && high < bins) return;
  throw new ArmatureError('E_ALLOWED_BINS', 'the allowed bins of an action token are not an interval of bins', {
    expected: `integers 0 <= low <= high <= ${bins - 1}`,
    found: `low ${low}, high ${high}`,
    remedy: 'Compute the interval from the joint limits, and command nothing when no bin is allowed.',
  });
}

function checkSet(allowed: readonly number[], bins: number): void {
  const isRising = allowed.every((bin, index) => Number.isInteger(bin) && bin > (allowed[index - 1] ?? -1));
  if (allowed.length > 0 && isRising && (allowed.at(-1) ?? 0) < bins) return;
  throw new ArmatureError('E_ALLOWED_BINS', 'the allowed values of an action token are no set of them', {
    expected: `at least one integer of [0, ${bins - 1}], in rising order`,
    found: allowed.join(', ') || 'none',
    remedy: 'List what is left to choose; where nothing is left, ask for no decision.',
  });
}

function checkFinite(logits: Float32Array): void {
  for (let bin = 0; bin < logits.length; bin += 1) {
    if (Number.isFinite(logits[bin])) continue;
    throw new ArmatureError('E_POLICY_OUTPUT', 'the policy returned a logit that is not a finite number', {
      expected: 'finite logits',
      found: `${logits[bin]} at bin ${bin}`,
      remedy: 'The model is damaged or its input was not finite: check the frame, then export the model again.',
    });
  }
}
