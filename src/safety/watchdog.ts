import type { JointTarget } from '../core/action.ts';
import { NS_PER_MS } from '../core/clock.ts';
import type { RobotSpec } from '../robot/robot-spec.ts';

/** Why a target cannot be used whatever the time; undefined for a usable one. */
export function targetDefect(target: JointTarget, jointCount: number): 'wrong-length' | 'not-finite' | undefined {
  // Targets come from processes and data as well as from typed code, hence the doubt about the type.
  const positions: unknown = (target as JointTarget | null)?.positionsRad;
  if (!(positions instanceof Float64Array) || positions.length !== jointCount) return 'wrong-length';
  if (!positions.every(Number.isFinite)) return 'not-finite';
  return Number.isFinite(target.createdNs) && Number.isFinite(target.observedNs) ? undefined : 'not-finite';
}

/**
 * True for a target created longer than `commandMs` before `nowNs`, or decided on an observation that was
 * older than that. A stamp as far in the future is as wrong as one in the past.
 */
export function isTargetStale(target: JointTarget, robot: RobotSpec, nowNs: number): boolean {
  const timeoutNs = robot.timeouts.commandMs * NS_PER_MS;
  return Math.abs(nowNs - target.createdNs) > timeoutNs || Math.abs(target.createdNs - target.observedNs) > timeoutNs;
}
