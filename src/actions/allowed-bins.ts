import { ArmatureError } from '../core/errors.ts';
import type { RobotSpec } from '../robot/robot-spec.ts';
import type { LayoutSpec } from '../tokens/layout-spec.ts';
import { notFinite } from '../tokens/value-codec.ts';
import { binTarget } from './action-codec.ts';

/** Bins low..high, both included, of [0, codec.bins). */
export interface BinInterval {
  readonly low: number;
  readonly high: number;
}

/** Where targets may lie that are decoded, leash included, rad, shapes (J). */
export interface TargetRange {
  readonly low: ArrayLike<number>;
  readonly high: ArrayLike<number>;
  /** What the leash is tied to. */
  readonly measuredRad: ArrayLike<number>;
}

/**
 * Per joint, the bins whose target stays inside the soft position limits, and in a narrower range if there is one:
 * the vocabulary mask of that joint's token. Never empty: where no bin reaches the limits, it is the bin that
 * comes nearest.
 * @param commandRad the last command sent, rad, shape (J)
 * Throws E_NOT_FINITE, and E_JOINT_COUNT when the robot lacks a joint.
 */
export function allowedBins(
  spec: LayoutSpec,
  commandRad: ArrayLike<number>,
  robot: RobotSpec,
  range?: TargetRange,
): BinInterval[] {
  return spec.actions.map((action, joint) => {
    const [lowRad, highRad] = narrowedLimits(softLimitsRad(robot, joint), joint, range);
    const command = commandRad[joint];
    if (command === undefined || !Number.isFinite(command))
      throw notFinite(`the command of "${action.joint}"`, command);
    const leash = leashOf(spec, joint, range);
    const targetOf = (bin: number): number =>
      Math.min(Math.max(binTarget(action, spec.codec, bin, command), leash[0]), leash[1]);
    const low = firstBin(spec.codec.bins, (bin) => targetOf(bin) >= lowRad);
    const high = firstBin(spec.codec.bins, (bin) => targetOf(bin) > highRad) - 1;
    if (low <= high) return { low, high };
    return nearestBin(high, low, (bin) => distanceRad(targetOf(bin), lowRad, highRad), spec.codec.bins);
  });
}

/**
 * The vocabulary masks of a whole decision, tick after tick of those that are carried out: the first tick's, and
 * for the later ones what can be known now. Where a later delta will start from is not known, so all its bins are
 * allowed, and `narrowed` keeps it inside the limits when its tick comes; a position is masked as now.
 * @param first masks of the tick of the decision, shape (J)
 */
export function chunkBins(spec: LayoutSpec, first: readonly BinInterval[]): BinInterval[] {
  const later = first.map((interval, joint) =>
    spec.actions[joint]?.kind === 'position' ? interval : { low: 0, high: spec.codec.bins - 1 },
  );
  return Array.from({ length: spec.chunk.execute }, (_, tick) => (tick === 0 ? first : later)).flat();
}

/** Action ids with each moved into its mask, to the nearest allowed bin. Shapes (J). */
export function narrowed(spec: LayoutSpec, ids: readonly number[], allowed: readonly BinInterval[]): number[] {
  const { textVocabulary, bins } = spec.codec;
  return ids.map((id, joint) => {
    const { low, high } = allowed[joint] ?? { low: 0, high: bins - 1 };
    return Math.min(Math.max(id, textVocabulary + low), textVocabulary + high);
  });
}

/** Range the gate keeps commands of a joint in, rad. */
function softLimitsRad(robot: RobotSpec, joint: number): readonly [number, number] {
  const limits = robot.joints[joint]?.limits;
  if (limits === undefined) {
    throw new ArmatureError('E_JOINT_COUNT', `robot "${robot.name}" has no joint number ${joint}`, {
      found: `${robot.joints.length} joints`,
      remedy: 'Use a policy trained on this robot.',
    });
  }
  const [low, high] = limits.positionRad;
  return [low + limits.softMarginRad, high - limits.softMarginRad];
}

/** The part of the soft limits in the range; where it lies outside them, its end that is nearest to them. */
function narrowedLimits(
  [low, high]: readonly [number, number],
  joint: number,
  range: TargetRange | undefined,
): readonly [number, number] {
  const [first, last] = [range?.low[joint] ?? low, range?.high[joint] ?? high];
  if (last < low) return [last, last];
  if (first > high) return [first, first];
  return [Math.max(low, first), Math.min(high, last)];
}

/** Where decodeActions keeps targets; without bounds where the measured position is not told. */
function leashOf({ leashRad }: LayoutSpec, joint: number, range: TargetRange | undefined): readonly [number, number] {
  const measured = range?.measuredRad[joint];
  return measured === undefined ? [-Infinity, Infinity] : [measured - leashRad, measured + leashRad];
}

/** First bin that satisfies a condition all later ones satisfy too; `bins` when none does. */
function firstBin(bins: number, satisfies: (bin: number) => boolean): number {
  let low = 0;
  let high = bins;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (satisfies(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

function nearestBin(below: number, above: number, distanceOf: (bin: number) => number, bins: number): BinInterval {
  const candidates = [below, above].filter((bin) => bin >= 0 && bin < bins);
  const nearest = candidates.reduce((best, bin) => (distanceOf(bin) < distanceOf(best) ? bin : best));
  return { low: nearest, high: nearest };
}

function distanceRad(value: number, low: number, high: number): number {
  return Math.max(low - value, value - high, 0);
}
