import { NS_PER_MS, NS_PER_S } from '../core/clock.ts';
import type { RobotSpec } from '../robot/robot-spec.ts';
import type { Watch } from './faults.ts';
import { at } from './joint-limits.ts';

/** A tick so many periods after the one before is late. */
const LATE_PERIODS = 2;

/** When the gate was last late. Plain data. */
export interface TickMemory {
  /** The last tick, ns. */
  timeNs: number;
  /** Late ticks since arming. */
  lateTicks: number;
  /** The newest late ticks, one more than are allowed, a ring, ns. */
  readonly lateNs: Float64Array;
}

export function tickMemory(robot: RobotSpec, nowNs: number): TickMemory {
  const lateNs = new Float64Array(robot.monitors.lateTicks.most + 1).fill(-Infinity);
  return { timeNs: nowNs, lateTicks: 0, lateNs };
}

/** Whether the gate keeps its rate: a single late tick is counted, too many within the window are a fault. */
export function checkTick(memory: TickMemory, nowNs: number, { robot, report }: Watch): void {
  const periodsNs = (LATE_PERIODS * NS_PER_S) / robot.rates.gateHz;
  const isLate = nowNs - memory.timeNs > periodsNs;
  memory.timeNs = nowNs;
  if (!isLate) return;
  const { most, windowMs } = robot.monitors.lateTicks;
  memory.lateNs[memory.lateTicks % memory.lateNs.length] = nowNs;
  memory.lateTicks += 1;
  // The oldest in the ring: with this one, one more than are allowed since then.
  const oldestNs = at(memory.lateNs, memory.lateTicks % memory.lateNs.length);
  if (nowNs - oldestNs <= windowMs * NS_PER_MS) report({ reason: 'late-ticks', value: most + 1, limit: most });
}
