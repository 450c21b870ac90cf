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

/**
 * Per joint, the bins whose target stays inside the soft position limits: the vocabulary mask of that
 * joint's token. Never empty: where no bin reaches the limits, it is the bin that comes nearest.
 * @param commandRad the last command sent, rad, shape (J)
 * Throws E_NOT_FINITE, and E_JOINT_COUNT when the robot lacks a joint.
 */
export function allowedBins(spec: LayoutSpec, commandRad: ArrayLike<number>, robot: RobotSpec): BinInterval[] {
  return spec.actions.map((action, joint) => {
    const [lowRad, highRad] = softLimitsRad(robot, joint);
    const command = commandRad[joint];
    if (command === undefined || !Number.isFinite(command))
      throw notFinite(`the command of "${action.joint}"`, command);
    const targetOf = (bin: number): number => binTarget(action, spec.codec, bin, command);
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
