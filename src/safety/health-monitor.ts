import type { RobotSpec } from '../robot/robot-spec.ts';
import type { FaultReason, Watch } from './faults.ts';
import { at } from './joint-limits.ts';
import { overForMs } from './motion-monitor.ts';

/** What a robot's own safety says of it. */
export const ROBOT_MODES = ['normal', 'reduced', 'stopped', 'emergency-stop'] as const;
export type RobotMode = (typeof ROBOT_MODES)[number];

/** What motors and robot report of themselves, as far as they do. Arrays have shape (J). */
export interface ArmHealth {
  readonly currentsA?: Float64Array;
  readonly temperaturesC?: Float64Array;
  readonly voltagesV?: Float64Array;
  /** Error byte of each motor; 0: none. */
  readonly motorErrors?: Uint8Array;
  readonly mode?: RobotMode;
}

/** Since when a value has been outside, per joint, ns; NaN where it is not. Plain data. */
export interface HealthMemory {
  readonly currentNs: Float64Array;
  readonly temperatureNs: Float64Array;
  readonly voltageNs: Float64Array;
}

export function healthMemory(jointCount: number): HealthMemory {
  const never = (): Float64Array => new Float64Array(jointCount).fill(Number.NaN);
  return { currentNs: never(), temperatureNs: never(), voltageNs: never() };
}

/** The range of one kind of value, and where it stands. */
interface HealthRange {
  readonly reason: FaultReason;
  /** Of the values and their limits, for people. */
  readonly unit: 'A' | '°C' | 'V';
  readonly low: number;
  readonly high: number;
  readonly values: (health: ArmHealth) => Float64Array | undefined;
  readonly sinceNs: (memory: HealthMemory) => Float64Array;
}

/** Limits of what motors report; none for a robot without `monitors.health`. */
export function healthRanges({ monitors }: RobotSpec): readonly HealthRange[] {
  if (monitors.health === undefined) return [];
  const { currentA, temperatureC, voltageV } = monitors.health;
  return [
    {
      reason: 'over-current',
      unit: 'A',
      low: -currentA,
      high: currentA,
      values: ({ currentsA }) => currentsA,
      sinceNs: ({ currentNs }) => currentNs,
    },
    {
      reason: 'over-temperature',
      unit: '°C',
      low: -Infinity,
      high: temperatureC,
      values: ({ temperaturesC }) => temperaturesC,
      sinceNs: ({ temperatureNs }) => temperatureNs,
    },
    {
      reason: 'voltage-range',
      unit: 'V',
      low: voltageV[0],
      high: voltageV[1],
      values: ({ voltagesV }) => voltagesV,
      sinceNs: ({ voltageNs }) => voltageNs,
    },
  ];
}

export interface HealthInput {
  readonly nowNs: number;
  readonly health?: ArmHealth | undefined;
}

/**
 * Whether motors and robot say that they are well. An error byte and a robot that stopped count at once; values
 * count once they have been outside for `monitors.health.forMs`.
 */
export function checkHealth(
  memory: HealthMemory,
  input: HealthInput,
  ranges: readonly HealthRange[],
  watch: Watch,
): void {
  const { health } = input;
  if (health === undefined) return;
  const { robot, report } = watch;
  const { motorErrors, mode } = health;
  if (mode === 'stopped') report({ reason: 'robot-stopped', value: 1, limit: 0 });
  if (mode === 'emergency-stop') report({ reason: 'robot-emergency-stop', value: 1, limit: 0 });
  for (let joint = 0; motorErrors !== undefined && joint < motorErrors.length; joint += 1) {
    const value = motorErrors[joint] as number;
    if (value !== 0) report({ reason: 'motor-error', joint: robot.joints[joint]?.name, value, limit: 0 });
  }
  for (const range of ranges) checkValues(memory, input, range, watch);
}

function checkValues(
  memory: HealthMemory,
  { nowNs, health }: HealthInput,
  { reason, low, high, values: valuesOf, sinceNs }: HealthRange,
  { robot, report }: Watch,
): void {
  const values = health === undefined ? undefined : valuesOf(health);
  if (values === undefined) return;
  const forMs = robot.monitors.health?.forMs ?? 0;
  for (let joint = 0; joint < robot.joints.length; joint += 1) {
    const value = at(values, joint);
    const name = robot.joints[joint]?.name;
    // A value that is missing or no number says nothing about the motor, which is not the same as being well.
    if (!Number.isFinite(value)) report({ reason: 'bad-health', joint: name, value, limit: high });
    else if (overForMs(sinceNs(memory), joint, value < low || value > high, nowNs) >= forMs) {
      report({ reason, joint: name, value, limit: value < low ? low : high });
    }
  }
}
