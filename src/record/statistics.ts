import { QUANTILES } from './format.ts';
import type { FeatureStatistics } from './format.ts';

/** LeRobot estimates quantiles from a histogram of this many bins, widened by this margin at both ends. */
const QUANTILE_BINS = 5000;
const EDGE_MARGIN = 1e-10;

const CHANNELS = 3;
/** Values an 8-bit channel may have. */
const LEVELS = 256;

type Mutable<T> = { -readonly [K in keyof T]: T[K] extends readonly (infer V)[] ? V[] : T[K] };

interface ElementStatistics {
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  readonly std: number;
  /** In the order of QUANTILES. */
  readonly quantiles: readonly number[];
}

/**
 * Statistics of one feature over an episode. `values` has shape (frames, width) and at least one frame;
 * the standard deviation is that of the population.
 */
export function computeStatistics(values: ArrayLike<number>, width: number): FeatureStatistics {
  const frames = values.length / width;
  const statistics = emptyStatistics(frames);
  const element = new Float64Array(frames);
  for (let position = 0; position < width; position += 1) {
    for (let frame = 0; frame < frames; frame += 1) element[frame] = values[frame * width + position] ?? 0;
    append(
      statistics,
      elementStatistics(element, () => 1, frames),
    );
  }
  return statistics;
}

/**
 * Statistics per channel, in 0..1, of 8-bit RGB pictures of shape (height, width, 3). Only the frames of
 * `sampleIndices` need to be given; `count` is their number.
 */
export function computeImageStatistics(
  frames: readonly Uint8Array[],
  height: number,
  width: number,
): FeatureStatistics {
  const stride = pixelStride(height, width);
  const occurrences = new Float64Array(CHANNELS * LEVELS);
  for (const rgb of frames) countLevels(occurrences, rgb, { height, width, stride });
  const pixels = Math.ceil(height / stride) * Math.ceil(width / stride);
  return statisticsOfLevels(occurrences, frames.length, pixels);
}

/**
 * The same for pictures that pass one by one and are not kept: what computeImageStatistics would say of those of
 * sampleIndices. Which they are is known only at the end, so each leaves how often it has each level, at most 3 kB.
 */
export class PassingImageStatistics {
  /** Of every picture only each such pixel is looked at, in both directions. */
  readonly stride: number;
  readonly #height: number;
  readonly #width: number;
  readonly #pixels: number;
  readonly #occurrences: (Uint16Array | Uint32Array)[] = [];

  constructor(height: number, width: number) {
    this.#height = height;
    this.#width = width;
    this.stride = pixelStride(height, width);
    this.#pixels = Math.ceil(height / this.stride) * Math.ceil(width / this.stride);
  }

  /** @param rgb shape (height, width, 3). */
  add(rgb: Uint8Array): void {
    this.#count(rgb, { height: this.#height, width: this.#width, stride: this.stride });
  }

  /** @param rgb each `stride`-th pixel only, shape (ceil(height / stride), ceil(width / stride), 3). */
  addStrided(rgb: Uint8Array): void {
    const [height, width] = [this.#height, this.#width].map((size) => Math.ceil(size / this.stride)) as [
      number,
      number,
    ];
    this.#count(rgb, { height, width, stride: 1 });
  }

  /** At least one picture must have passed. */
  finish(): FeatureStatistics {
    const samples = sampleIndices(this.#occurrences.length);
    const total = new Float64Array(CHANNELS * LEVELS);
    for (const sample of samples) {
      this.#occurrences[sample]?.forEach((count, level) => {
        total[level] = (total[level] ?? 0) + count;
      });
    }
    return statisticsOfLevels(total, samples.length, this.#pixels);
  }

  #count(rgb: Uint8Array, grid: PixelGrid): void {
    const isSmall = this.#pixels < 2 ** 16;
    const occurrences = isSmall ? new Uint16Array(CHANNELS * LEVELS) : new Uint32Array(CHANNELS * LEVELS);
    countLevels(occurrences, rgb, grid);
    this.#occurrences.push(occurrences);
  }
}

/** Frames whose pictures enter the statistics: at least 100 (or all), n^0.75 above that, at most 10000. */
export function sampleIndices(frames: number): number[] {
  const samples = Math.max(Math.min(100, frames), Math.min(Math.floor(frames ** 0.75), 10_000));
  if (samples <= 1) return frames > 0 ? [0] : [];
  return Array.from({ length: samples }, (_, index) => Math.round((index * (frames - 1)) / (samples - 1)));
}

/**
 * Joins the statistics of two disjoint sets of frames. Mean and deviation are exact; quantiles are bounds:
 * the smaller of the two up to q50, the larger above.
 */
export function aggregateStatistics(a: FeatureStatistics, b: FeatureStatistics): FeatureStatistics {
  const countA = a.count[0] ?? 0;
  const countB = b.count[0] ?? 0;
  const total = countA + countB;
  const joined = (name: keyof FeatureStatistics, join: (x: number, y: number) => number): number[] =>
    a[name].map((value, index) => join(value, b[name][index] ?? value));
  const smaller = (x: number, y: number): number => Math.min(x, y);
  const larger = (x: number, y: number): number => Math.max(x, y);
  return {
    min: joined('min', smaller),
    max: joined('max', larger),
    mean: joined('mean', (x, y) => (x * countA + y * countB) / total),
    std: a.std.map((stdA, index) => {
      const stdB = b.std[index] ?? 0;
      const difference = (b.mean[index] ?? 0) - (a.mean[index] ?? 0);
      const within = stdA * stdA * countA + stdB * stdB * countB;
      return Math.sqrt((within + (difference * difference * countA * countB) / total) / total);
    }),
    count: [total],
    q01: joined('q01', smaller),
    q10: joined('q10', smaller),
    q50: joined('q50', smaller),
    q90: joined('q90', larger),
    q99: joined('q99', larger),
  };
}

interface PixelGrid {
  readonly height: number;
  readonly width: number;
  readonly stride: number;
}

/** Adds how often each level occurs, one channel after the other. */
function countLevels(
  occurrences: Float64Array | Uint16Array | Uint32Array,
  rgb: Uint8Array,
  { height, width, stride }: PixelGrid,
): void {
  for (let y = 0; y < height; y += stride) {
    for (let x = 0; x < width; x += stride) {
      const pixel = (y * width + x) * CHANNELS;
      for (let channel = 0; channel < CHANNELS; channel += 1) {
        const level = channel * LEVELS + (rgb[pixel + channel] ?? 0);
        occurrences[level] = (occurrences[level] ?? 0) + 1;
      }
    }
  }
}

function statisticsOfLevels(occurrences: Float64Array, frames: number, pixelsPerFrame: number): FeatureStatistics {
  const statistics = emptyStatistics(frames);
  for (let channel = 0; channel < CHANNELS; channel += 1) {
    const counts = occurrences.subarray(channel * LEVELS, (channel + 1) * LEVELS);
    const present = Float64Array.from([...counts.keys()].filter((level) => (counts[level] ?? 0) > 0));
    const weight = (index: number): number => counts[present[index] ?? 0] ?? 0;
    const element = elementStatistics(present, weight, frames * pixelsPerFrame);
    append(statistics, {
      min: element.min / 255,
      max: element.max / 255,
      mean: element.mean / 255,
      std: element.std / 255,
      quantiles: element.quantiles.map((value) => value / 255),
    });
  }
  return statistics;
}

/** Statistics of several episodes as those of all their frames, by feature. */
export function joinStatistics(
  episodes: Iterable<ReadonlyMap<string, FeatureStatistics>>,
): Map<string, FeatureStatistics> {
  const joined = new Map<string, FeatureStatistics>();
  for (const episode of episodes) {
    for (const [name, statistics] of episode) {
      const before = joined.get(name);
      joined.set(name, before === undefined ? statistics : aggregateStatistics(before, statistics));
    }
  }
  return joined;
}

function emptyStatistics(count: number): Mutable<FeatureStatistics> {
  return { min: [], max: [], mean: [], std: [], count: [count], q01: [], q10: [], q50: [], q90: [], q99: [] };
}

function append(statistics: Mutable<FeatureStatistics>, element: ElementStatistics): void {
  for (const name of ['min', 'max', 'mean', 'std'] as const) statistics[name].push(element[name]);
  (Object.keys(QUANTILES) as (keyof typeof QUANTILES)[]).forEach((name, index) => {
    statistics[name].push(element.quantiles[index] ?? element.mean);
  });
}

/** `values[i]` occurs `weight(i)` times; `total` is the sum of the weights. */
function elementStatistics(values: Float64Array, weight: (index: number) => number, total: number): ElementStatistics {
  let [min, max, sum] = [Infinity, -Infinity, 0];
  values.forEach((value, index) => {
    min = Math.min(min, value);
    max = Math.max(max, value);
    sum += value * weight(index);
  });
  const mean = sum / total;
  let squares = 0;
  values.forEach((value, index) => {
    squares += (value - mean) ** 2 * weight(index);
  });
  const std = Math.sqrt(squares / total);
  if (total < 2) return { min, max, mean, std, quantiles: Object.values(QUANTILES).map(() => mean) };
  const low = min - EDGE_MARGIN;
  const binWidth = (max + EDGE_MARGIN - low) / QUANTILE_BINS;
  const histogram = new Float64Array(QUANTILE_BINS);
  values.forEach((value, index) => {
    const bin = binWidth > 0 ? Math.min(Math.floor((value - low) / binWidth), QUANTILE_BINS - 1) : 0;
    histogram[bin] = (histogram[bin] ?? 0) + weight(index);
  });
  const targets = Object.values(QUANTILES).map((quantile) => quantile * total);
  return { min, max, mean, std, quantiles: histogramQuantiles(histogram, targets, { low, binWidth }) };
}

/** Value below which each target count lies, linear inside a bin. A target in the first bin gives its lower edge. */
function histogramQuantiles(
  histogram: Float64Array,
  targets: readonly number[],
  edges: { readonly low: number; readonly binWidth: number },
): number[] {
  const results: number[] = [];
  let [bin, below] = [0, 0];
  for (const target of targets) {
    while (bin < histogram.length - 1 && below + (histogram[bin] ?? 0) < target) {
      below += histogram[bin] ?? 0;
      bin += 1;
    }
    const inside = histogram[bin] ?? 0;
    const fraction = bin === 0 || inside === 0 ? 0 : (target - below) / inside;
    results.push(edges.low + (bin + fraction) * edges.binWidth);
  }
  return results;
}

/** Step that brings the long side of a picture of 300 pixels or more to about 150. */
function pixelStride(height: number, width: number): number {
  const longSide = Math.max(height, width);
  return longSide < 300 ? 1 : Math.floor(longSide / 150);
}
