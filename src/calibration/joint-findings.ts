import { homingOffset } from './encoder-convention.ts';
import type { EncoderConvention } from './encoder-convention.ts';
import type { MotorCalibration } from './calibration-problems.ts';
import { TICKS_PER_TURN, withinTurn } from './ticks.ts';

/** What the procedure found out about one joint. Ticks of the encoder itself, unwrapped: homing offsets do not count. */
export interface JointFindings {
  /** Where it was in the middle pose. */
  readonly middle: number;
  /** Ends of the sweep; undefined for a joint that turns all the way round. */
  readonly range: { readonly low: number; readonly high: number } | undefined;
  /** Whether ticks grew as the joint moved in its positive direction. */
  readonly isReversed: boolean;
}

/**
 * The calibration that follows. A swept joint reads 2047 in the middle of its range, so that its range is as far from the
 * encoder's wrap as it can be wherever the horn was screwed on; one that turns all the way round reads 2047 in the middle pose.
 * @param drivenMode Drive_Mode of the servo while it was swept; always 0 for servos that do not turn themselves round.
 */
export function calibrationOf(
  findings: JointFindings,
  motor: { readonly id: number; readonly drivenMode: 0 | 1; readonly convention: EncoderConvention },
): MotorCalibration {
  const { convention, drivenMode, id } = motor;
  const driveMode = findings.isReversed ? (drivenMode === 1 ? 0 : 1) : drivenMode;
  // A servo that turns itself round from now on counts the other way.
  const turned = convention.reversesItself && findings.isReversed ? turnRound(findings) : findings;
  const { range } = turned;
  const centre = range === undefined ? turned.middle : Math.floor((range.low + range.high) / 2);
  const { offset, readsAt } = homingOffset(convention, withinTurn(centre));
  const last = TICKS_PER_TURN - 1;
  return {
    id,
    drive_mode: driveMode,
    homing_offset: offset,
    range_min: range === undefined ? 0 : Math.max(0, readsAt - (centre - range.low)),
    range_max: range === undefined ? last : Math.min(last, readsAt + (range.high - centre)),
  };
}

function turnRound({ middle, range, isReversed }: JointFindings): JointFindings {
  const turned = range === undefined ? undefined : { low: 0 - range.high, high: 0 - range.low };
  return { middle: 0 - middle, range: turned, isReversed };
}
