import type { RobotSpec, StopCategory } from '../robot/robot-spec.ts';
import type { Reason } from './reasons.ts';

/** How an arm answers a fault: `stop` ends by itself when the fault does; the others are latched. */
export type FaultResponse = 'stop' | 'protective-stop' | 'estop';

interface FaultRule {
  readonly response: FaultResponse;
  /** The stop asked for; see allowedCategory for what it becomes. */
  readonly category: StopCategory;
}

/**
 * What each fault asks for. Category 2 holds the arm by its sensors: it needs measurements to be believed and
 * nothing in the way. Category 1 where that is not so, or where the motors are at their end.
 */
export const FAULT_RULES = {
  'stale-sensor': { response: 'stop', category: 2 },
  'bad-sensor': { response: 'stop', category: 2 },
  'sensor-time': { response: 'stop', category: 2 },
  'silent-sensor': { response: 'protective-stop', category: 1 },
  'frozen-sensor': { response: 'protective-stop', category: 1 },
  'impossible-sensor': { response: 'protective-stop', category: 1 },
  'tracking-error': { response: 'protective-stop', category: 1 },
  'measured-position': { response: 'protective-stop', category: 1 },
  'measured-velocity': { response: 'protective-stop', category: 2 },
  'measured-effort': { response: 'protective-stop', category: 1 },
  'over-current': { response: 'protective-stop', category: 1 },
  'over-temperature': { response: 'protective-stop', category: 1 },
  'voltage-range': { response: 'protective-stop', category: 1 },
  'motor-error': { response: 'protective-stop', category: 1 },
  'bad-health': { response: 'protective-stop', category: 1 },
  'late-ticks': { response: 'protective-stop', category: 2 },
  'unusable-targets': { response: 'protective-stop', category: 2 },
  // Nobody hears what is sent; what is sent later would come as a jump.
  'link-lost': { response: 'protective-stop', category: 0 },
  // The robot stopped by itself: nothing more is to be sent to it.
  'robot-stopped': { response: 'protective-stop', category: 0 },
  'robot-emergency-stop': { response: 'estop', category: 0 },
} as const satisfies Partial<Record<Reason, FaultRule>>;

export type FaultReason = keyof typeof FAULT_RULES;

/** Something measured that must not be. */
export interface Fault {
  readonly reason: FaultReason;
  /** Undefined where no single joint is to blame. */
  readonly joint: string | undefined;
  /** What was measured and what it is held against, both in the unit of `reason`'s limit in robot.yaml. */
  readonly value: number;
  readonly limit: number;
  readonly response: FaultResponse;
  /** One that the robot allows. */
  readonly category: StopCategory;
}

/** What a monitor finds. */
export interface Finding {
  readonly reason: FaultReason;
  readonly joint?: string | undefined;
  readonly value: number;
  readonly limit: number;
}

/** What a monitor works with: the limits, and where its findings go. */
export interface Watch {
  readonly robot: RobotSpec;
  readonly report: (finding: Finding) => void;
}

/** @param robot whose stops there are to choose from */
export function faultOf(
  finding: Finding,
  {
    stopCategories,
    protectiveStopCategories = stopCategories,
  }: Pick<RobotSpec, 'stopCategories' | 'protectiveStopCategories'>,
): Fault {
  const { response, category } = FAULT_RULES[finding.reason];
  const stop =
    response === 'estop' ? emergencyCategory(stopCategories) : allowedCategory(category, protectiveStopCategories);
  return { joint: undefined, ...finding, response, category: stop };
}

/**
 * The stop a robot makes when one of a category is asked for: that one or, where it may not, the mildest that
 * is more severe, or the most severe it may make.
 */
export function allowedCategory(asked: StopCategory, allowed: readonly StopCategory[]): StopCategory {
  const severeEnough = allowed.filter((category) => category <= asked);
  return (severeEnough.length > 0 ? Math.max(...severeEnough) : Math.min(...allowed)) as StopCategory;
}

/** The stop a robot makes on an emergency: the lowest category it lists. */
export function emergencyCategory(allowed: readonly StopCategory[]): StopCategory {
  return Math.min(...allowed) as StopCategory;
}
