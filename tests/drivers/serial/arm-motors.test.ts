import { expect, it } from 'vitest';
import { armMotors, requireSerial } from '../../../src/drivers/serial/arm-motors.ts';
import { loadRobot } from '../../../src/robot/load-robot.ts';
import type { RobotSpec } from '../../../src/robot/robot-spec.ts';
import { calibrationOf } from './serial-arm.ts';

/** The arm with a gripper of another model. */
function withGripper(model: string): RobotSpec {
  const robot = loadRobot('so101');
  const serial = requireSerial(robot);
  const motors = { ...serial.motors, gripper: { ...serial.motors['gripper'], model } as never };
  return { ...robot, drivers: { ...robot.drivers, serial: { ...serial, motors } } };
}

it.each([
  ['scs0009', /E_SERVO_MODEL.*"gripper".*SCS series: 1024 steps.*STS or SMS series/],
  ['xl330-m288', /E_SERVO_MODEL.*"gripper".*one of dynamixel.*Correct drivers\.serial/],
])('an arm cannot have a %s, and it is said why', (model, message) => {
  const robot = withGripper(model);
  expect(() => armMotors(robot, calibrationOf(robot))).toThrow(message);
});
