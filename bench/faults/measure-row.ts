import { readFileSync } from 'node:fs';
import type { RobotSpec } from '../../src/robot/robot-spec.ts';
import { FrameReader } from '../../src/runtime/arm/frames.ts';
import { decodeRecord, recordLayout } from '../../src/runtime/arm/record-format.ts';
import type { ArmRecord } from '../../src/runtime/arm/record-format.ts';

/** The records of a log of an arm process, in order of time. */
export function readLog(path: string, robot: RobotSpec): ArmRecord[] {
  const layout = recordLayout(robot.joints.length);
  return new FrameReader()
    .push(readFileSync(path))
    .filter(({ kind }) => kind === 'record')
    .map(({ numbers }) => decodeRecord(layout, numbers));
}

/** Records in which the gate commands the arm: not before arming, not without a link, not when it is dead. */
export function commanded(records: readonly ArmRecord[]): ArmRecord[] {
  const idle = new Set(['disarmed', 'gate-dead']);
  return records.filter(({ state, cause, reasons }) => !idle.has(state) && !(cause === 'link' && reasons.length === 0));
}

const LIMIT_REASONS = new Set(['position-limit', 'velocity-limit', 'acceleration-limit', 'jerk-limit']);
/** Speed of a joint that counts as none: what is left is the noise of the encoders, rad/s. */
const STILL_RAD_PER_S = 0.1;

/** The first sign that the fault is known: the gate stops following, or bounds what it never had to before. */
export function detection(records: readonly ArmRecord[], faultNs: number): number | undefined {
  const before = new Set(records.filter(({ timeNs }) => timeNs < faultNs).flatMap(signs));
  return records.find((record) => record.timeNs >= faultNs && signs(record).some((sign) => !before.has(sign)))?.timeNs;
}

function signs({ state, cause, reasons }: ArmRecord): string[] {
  const stops = reasons.filter((reason) => !LIMIT_REASONS.has(reason));
  const isBounded = reasons.some((reason) => LIMIT_REASONS.has(reason));
  const isDead = state === 'gate-dead' || state === 'protective-stop';
  return [
    ...stops,
    ...(isDead ? [state] : []),
    ...(cause === 'none' ? [] : [cause]),
    ...(isBounded ? ['bounded'] : []),
  ];
}

/** The first target after a time that the gate did not let through as it was. */
export function firstBounded(records: readonly ArmRecord[], sinceNs: number): number | undefined {
  return records.find(({ timeNs, reasons }) => timeNs >= sinceNs && reasons.some((reason) => LIMIT_REASONS.has(reason)))
    ?.timeNs;
}

const GOING_ON = new Set<ArmRecord['state']>(['active', 'reduced', 'hold']);

/** The first time after another at which the gate did not go on as it was told. */
export function firstStop(records: readonly ArmRecord[], sinceNs: number): number | undefined {
  return records.find(({ timeNs, state, cause }) => timeNs >= sinceNs && !(GOING_ON.has(state) && cause === 'none'))
    ?.timeNs;
}

/** When the arm stood for good; undefined when it still moved at the end. */
export function standstill(records: readonly ArmRecord[], fromNs: number): number | undefined {
  const moving = records.findLastIndex((record) => record.timeNs >= fromNs && isMoving(record));
  if (moving === records.length - 1) return undefined;
  return Math.max(fromNs, records[moving + 1]?.timeNs ?? fromNs);
}

function isMoving({ state, isStill, arm }: ArmRecord): boolean {
  // Where nothing is commanded any more, what the arm measures is what counts.
  if (state === 'gate-dead')
    return arm.value.velocitiesRadPerS.some((velocity) => Math.abs(velocity) > STILL_RAD_PER_S);
  return state !== 'disarmed' && !isStill;
}

/** Farthest that a joint was commanded from where it was at the fault, rad. */
export function travel(records: readonly ArmRecord[], faultNs: number): number {
  const after = commanded(records).filter(({ timeNs }) => timeNs >= faultNs);
  const start = after[0]?.previousRad ?? new Float64Array();
  return Math.max(
    0,
    ...after.flatMap(({ emittedRad }) => Array.from(emittedRad, (to, joint) => Math.abs(to - (start[joint] ?? to)))),
  );
}

/** See Row.gateP99Periods. A clock that was stepped makes one interval of any length. */
export function gateP99Periods(records: readonly ArmRecord[], faultNs: number, robot: RobotSpec): number | null {
  const ticks = records.filter(({ timeNs, state }) => timeNs >= faultNs && state !== 'gate-dead');
  const periods = ticks
    .slice(1)
    .map(({ timeNs }, index) => ((timeNs - (ticks[index]?.timeNs ?? timeNs)) * robot.rates.gateHz) / 1e9)
    .toSorted((left, right) => left - right);
  const isDead = records.some(({ state }) => state === 'gate-dead');
  return isDead ? null : (periods[Math.floor(0.99 * periods.length)] ?? null);
}

/** The largest of emitted velocity, acceleration and jerk over their limits, and of positions outside the soft range. */
export function worstLimitRatio(records: readonly ArmRecord[], robot: RobotSpec): number {
  let worst = 0;
  robot.joints.forEach(({ limits }, joint) => {
    const [low, high] = limits.positionRad;
    const half = (high - low) / 2;
    const reach = half - Math.min(limits.softMarginRad, half);
    let [velocity, acceleration] = [0, 0];
    let last: ArmRecord | undefined;
    for (const record of commanded(records)) {
      const position = record.emittedRad[joint] ?? NaN;
      const stepS = last === undefined ? NaN : (record.timeNs - last.timeNs) / 1e9;
      worst = Math.max(worst, Math.abs(position - (low + high) / 2) / reach);
      // After a pause longer than a stop the gate counts from standstill again: the arm has come to rest meanwhile.
      if (last !== undefined && stepS > 0 && !record.reasons.includes('time-jumped')) {
        const nextVelocity = (position - (last.emittedRad[joint] ?? NaN)) / stepS;
        const nextAcceleration = (nextVelocity - velocity) / stepS;
        const jerk = (nextAcceleration - acceleration) / stepS;
        worst = Math.max(
          worst,
          Math.abs(nextVelocity) / limits.velocityRadPerS,
          Math.abs(nextAcceleration) / limits.accelerationRadPerS2,
          Math.abs(jerk) / limits.jerkRadPerS3,
        );
        [velocity, acceleration] = [nextVelocity, nextAcceleration];
      } else [velocity, acceleration] = [0, 0];
      last = record;
    }
  });
  return worst;
}
