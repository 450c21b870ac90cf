import type { RobotSpec } from '../../robot/robot-spec.ts';
import { SERVO_MODELS } from '../../drivers/serial/servo-models.ts';
import type { LocatedServo } from './find-servos.ts';

/** A robot whose servos are these. */
export interface ResemblingRobot {
  readonly robot: string;
  /** Joints whose servo is not among those found. */
  readonly missing: readonly string[];
}

/**
 * Robots that the servos found on one port belong to: every servo is one of the robot's, at its baud rate, and at least half of
 * the robot's are there. Those that lack the fewest come alone, all of them: a leader and its follower have the same servos.
 */
export function resemblingRobots(found: readonly LocatedServo[], robots: readonly RobotSpec[]): ResemblingRobot[] {
  const fitting = robots.flatMap((robot) => {
    const missing = missingJoints(found, robot);
    return missing === undefined || 2 * missing.length > robot.joints.length ? [] : [{ robot: robot.name, missing }];
  });
  const fewest = Math.min(...fitting.map(({ missing }) => missing.length));
  return fitting.filter(({ missing }) => missing.length === fewest);
}

/** Undefined where one of the servos is none of the robot's. */
function missingJoints(found: readonly LocatedServo[], { drivers, joints }: RobotSpec): string[] | undefined {
  const { serial } = drivers;
  if (serial === undefined || found.length === 0) return undefined;
  const isOf = (servo: LocatedServo, joint: string): boolean => {
    const motor = serial.motors[joint];
    const model = Object.values(SERVO_MODELS).find(({ name }) => name === motor?.model);
    return motor?.id === servo.id && model?.modelNumber === servo.modelNumber;
  };
  const belongs = found.every(
    (servo) =>
      servo.protocol === serial.protocol &&
      servo.baudRate === serial.baudRate &&
      joints.some(({ name }) => isOf(servo, name)),
  );
  if (!belongs) return undefined;
  return joints.map(({ name }) => name).filter((name) => !found.some((servo) => isOf(servo, name)));
}
