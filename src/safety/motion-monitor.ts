import { NS_PER_MS } from '../core/clock.ts';
import type { ArmState } from '../core/observation.ts';
import type { JointSpec } from '../robot/robot-spec.ts';
import type { Watch } from './faults.ts';
import { at } from './joint-limits.ts';

/** Since when a value has been over its limit, per joint, ns; NaN where it is not. Plain data. */
export interface MotionMemory {
  readonly trackingNs: Float64Array;
  readonly velocityNs: Float64Array;
  readonly effortNs: Float64Array;
}

export function motionMemory(jointCount: number): MotionMemory {
  const never = (): Float64Array => new Float64Array(jointCount).fill(Number.NaN);
  return { trackingNs: never(), velocityNs: never(), effortNs: never() };
}

/**
 * How long a value has been over its limit, ms, counted from the first time it was; -1 when it is not.
 * Keeps that time in `sinceNs`.
 */
export function overForMs(sinceNs: Float64Array, index: number, isOver: boolean, nowNs: number): number {
  if (!isOver) {
    sinceNs[index] = Number.NaN;
    return -1;
  }
  if (Number.isNaN(at(sinceNs, index))) sinceNs[index] = nowNs;
  return (nowNs - at(sinceNs, index)) / NS_PER_MS;
}

export interface MotionInput {
  readonly nowNs: number;
  /** What was emitted last, rad, shape (J). */
  readonly commandRad: Float64Array;
  readonly state: ArmState;
}

/** Whether the arm does what it is told, within its limits. For states that may be believed, each of them once. */
export function checkMotion(memory: MotionMemory, input: MotionInput, watch: Watch): void {
  for (let index = 0; index < watch.robot.joints.length; index += 1) checkJoint(memory, input, watch, index);
}

function checkJoint(memory: MotionMemory, input: MotionInput, { robot, report }: Watch, index: number): void {
  const { nowNs, state, commandRad } = input;
  const { tracking, velocity, effort, positionToleranceRad } = robot.monitors;
  const { limits, name: joint } = robot.joints[index] as JointSpec;
  const position = at(state.positionsRad, index);
  const errorRad = Math.abs(at(commandRad, index) - position);
  if (overForMs(memory.trackingNs, index, errorRad > limits.trackingErrorRad, nowNs) >= tracking.forMs) {
    report({ reason: 'tracking-error', joint, value: errorRad, limit: limits.trackingErrorRad });
  }
  const speed = Math.abs(at(state.velocitiesRadPerS, index));
  const fastest = velocity.factor * limits.velocityRadPerS;
  if (overForMs(memory.velocityNs, index, speed > fastest, nowNs) >= velocity.forMs) {
    report({ reason: 'measured-velocity', joint, value: speed, limit: fastest });
  }
  const effortNm = Math.abs(at(state.effortsNm, index));
  const strongest = effort.factor * limits.effortNm;
  if (overForMs(memory.effortNs, index, effortNm > strongest, nowNs) >= effort.forMs) {
    report({ reason: 'measured-effort', joint, value: effortNm, limit: strongest });
  }
  const [low, high] = limits.positionRad;
  if (position < low - positionToleranceRad) {
    report({ reason: 'measured-position', joint, value: position, limit: low - positionToleranceRad });
  } else if (position > high + positionToleranceRad) {
    report({ reason: 'measured-position', joint, value: position, limit: high + positionToleranceRad });
  }
}
