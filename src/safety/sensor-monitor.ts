import { NS_PER_MS, NS_PER_S } from '../core/clock.ts';
import type { ArmState } from '../core/observation.ts';
import type { Watch } from './faults.ts';
import { at } from './joint-limits.ts';

/** Two measurements may differ by so much however near in time they are: steps of an encoder and noise, rad. */
const MEASUREMENT_STEP_RAD = 0.02;
/** Silence of so many times the timeout is no gap: the sensor is lost. */
const SILENT_TIMEOUTS = 2;

/** The newest joint state that was believed, and what is known about its source. Plain data. */
export interface SensorMemory {
  /** Of the newest state, by its source, ns. */
  stampNs: number;
  /** When it was first seen here, ns. */
  arrivedNs: number;
  readonly positionsRad: Float64Array;
  readonly velocitiesRadPerS: Float64Array;
  readonly effortsNm: Float64Array;
  /** The command when the values last changed, rad. */
  readonly commandRad: Float64Array;
  /** When the command had moved far enough that the values should have changed, ns; NaN: not yet. */
  movedSinceNs: number;
}

export interface SensorInput {
  readonly nowNs: number;
  /** What was emitted last, rad, shape (J). */
  readonly commandRad: Float64Array;
  readonly state: ArmState;
}

/** As after an arm was found at rest at `nowNs`. */
export function sensorMemory(state: ArmState, nowNs: number): SensorMemory {
  return {
    stampNs: state.stampNs,
    arrivedNs: nowNs,
    positionsRad: state.positionsRad.slice(),
    velocitiesRadPerS: state.velocitiesRadPerS.slice(),
    effortsNm: state.effortsNm.slice(),
    commandRad: state.positionsRad.slice(),
    movedSinceNs: Number.NaN,
  };
}

/**
 * Whether joint states still arrive, with stamps that advance and values that live. The age of a state counts
 * from its stamp or from its arrival, whichever is longer ago, so that neither a wrong stamp nor a source that
 * repeats itself makes it look young. True when `input.state` is a new state that may be believed.
 */
export function checkSensor(memory: SensorMemory, input: SensorInput, watch: Watch): boolean {
  const { nowNs, state } = input;
  const { robot, report } = watch;
  const limitMs = robot.timeouts.sensorMs;
  const isNew = isWellFormed(state, watch) && isNext(memory, input, watch);
  if (isNew) {
    checkJumps(memory, state, watch);
    checkFrozen(memory, input, watch);
    memory.stampNs = state.stampNs;
    memory.arrivedNs = nowNs;
    memory.positionsRad.set(state.positionsRad);
    memory.velocitiesRadPerS.set(state.velocitiesRadPerS);
    memory.effortsNm.set(state.effortsNm);
  }
  const ageMs = (nowNs - Math.min(memory.stampNs, memory.arrivedNs)) / NS_PER_MS;
  // Negated so that an age that is not a number counts as too old.
  if (!(ageMs <= SILENT_TIMEOUTS * limitMs)) {
    report({ reason: 'silent-sensor', value: ageMs, limit: SILENT_TIMEOUTS * limitMs });
  } else if (!(ageMs <= limitMs)) report({ reason: 'stale-sensor', value: ageMs, limit: limitMs });
  return isNew;
}

function isWellFormed({ positionsRad, velocitiesRadPerS, effortsNm }: ArmState, { robot, report }: Watch): boolean {
  const { joints } = robot;
  const shortest = Math.min(positionsRad.length, velocitiesRadPerS.length, effortsNm.length);
  const longest = Math.max(positionsRad.length, velocitiesRadPerS.length, effortsNm.length);
  if (shortest !== joints.length || longest !== joints.length) {
    report({ reason: 'bad-sensor', value: shortest === joints.length ? longest : shortest, limit: joints.length });
    return false;
  }
  for (let joint = 0; joint < joints.length; joint += 1) {
    const sum = at(positionsRad, joint) + at(velocitiesRadPerS, joint) + at(effortsNm, joint);
    if (Number.isFinite(sum)) continue;
    report({ reason: 'bad-sensor', joint: joints[joint]?.name, value: sum, limit: Infinity });
    return false;
  }
  return true;
}

/** A joint cannot have moved further than its speed and the time between two measurements allow. */
function checkJumps(memory: SensorMemory, state: ArmState, { robot, report }: Watch): void {
  const elapsedS = (state.stampNs - memory.stampNs) / NS_PER_S;
  for (let joint = 0; joint < robot.joints.length; joint += 1) {
    const jumpRad = Math.abs(at(state.positionsRad, joint) - at(memory.positionsRad, joint));
    const speed = robot.monitors.impossibleFactor * (robot.joints[joint]?.limits.velocityRadPerS ?? 0);
    const limit = MEASUREMENT_STEP_RAD + speed * elapsedS;
    if (jumpRad > limit)
      report({ reason: 'impossible-sensor', joint: robot.joints[joint]?.name, value: jumpRad, limit });
  }
}

/** Whether the state was measured after the one before, and not in the future. */
function isNext(memory: SensorMemory, { nowNs, state }: SensorInput, { robot, report }: Watch): boolean {
  const limitMs = robot.timeouts.sensorMs;
  const aheadMs = (state.stampNs - nowNs) / NS_PER_MS;
  if (!(aheadMs <= limitMs)) {
    report({ reason: 'sensor-time', value: aheadMs, limit: limitMs });
    return false;
  }
  const backMs = (memory.stampNs - state.stampNs) / NS_PER_MS;
  if (backMs > 0) report({ reason: 'sensor-time', value: -backMs, limit: 0 });
  return backMs < 0;
}

/** Values that stay equal to the bit while the arm is told to move come from no sensor. */
function checkFrozen(memory: SensorMemory, input: SensorInput, watch: Watch): void {
  const { nowNs, state, commandRad } = input;
  const { robot, report } = watch;
  const isEqual =
    equals(memory.positionsRad, state.positionsRad) &&
    equals(memory.velocitiesRadPerS, state.velocitiesRadPerS) &&
    equals(memory.effortsNm, state.effortsNm);
  if (!isEqual) {
    memory.commandRad.set(commandRad);
    memory.movedSinceNs = Number.NaN;
    return;
  }
  const { forMs, commandedRad } = robot.monitors.frozen;
  if (Number.isNaN(memory.movedSinceNs)) {
    for (let joint = 0; joint < commandRad.length; joint += 1) {
      // A gripper that has closed on a thing stays where it is, whatever it is told.
      if (robot.joints[joint]?.name === robot.gripper) continue;
      if (Math.abs(at(commandRad, joint) - at(memory.commandRad, joint)) > commandedRad) memory.movedSinceNs = nowNs;
    }
  }
  const frozenMs = (nowNs - memory.movedSinceNs) / NS_PER_MS;
  if (frozenMs >= forMs) report({ reason: 'frozen-sensor', value: frozenMs, limit: forMs });
}

function equals(left: Float64Array, right: Float64Array): boolean {
  for (let index = 0; index < left.length; index += 1) {
    if (left[index] !== right[index]) return false;
  }
  return true;
}
