import type { Calibration } from '../../../src/calibration/calibration-problems.ts';
import { MonotonicClock } from '../../../src/core/clock.ts';
import { armMotors } from '../../../src/drivers/serial/arm-motors.ts';
import type { ArmMotor } from '../../../src/drivers/serial/arm-motors.ts';
import { protocolOf } from '../../../src/drivers/serial/protocol-of.ts';
import { ServoBus } from '../../../src/drivers/serial/servo-bus.ts';
import { loadRobot } from '../../../src/robot/load-robot.ts';
import type { RobotSpec } from '../../../src/robot/robot-spec.ts';
import { requireSerial } from '../../../src/drivers/serial/arm-motors.ts';
import { FakeServo, FakeServos } from './fake-servos.ts';

/** A whole arm on a bus of fake servos, calibrated as its file says. */
export interface FakeArm {
  readonly robot: RobotSpec;
  readonly motors: readonly ArmMotor[];
  readonly link: FakeServos;
  readonly bus: ServoBus;
}

export const clock: MonotonicClock = new MonotonicClock();

/** Ranges as wide as the limits of the joints, around the middle. */
export function calibrationOf(robot: RobotSpec): Calibration {
  return Object.fromEntries(
    robot.joints.map(({ name, limits: { positionRad } }, place) => {
      const half = Math.min(2047, Math.round(((positionRad[1] - positionRad[0]) / 2 / (2 * Math.PI)) * 4096));
      return [
        name,
        { id: place + 1, drive_mode: 0, homing_offset: 10 * place, range_min: 2047 - half, range_max: 2047 + half },
      ];
    }),
  );
}

export function fakeArm(name = 'so101'): FakeArm {
  const robot = loadRobot(name);
  const motors = armMotors(robot, calibrationOf(robot));
  const protocol = protocolOf(requireSerial(robot).protocol);
  const link = new FakeServos(
    protocol,
    motors.map(({ id, model }) => new FakeServo(id, model)),
  );
  motors.forEach(({ calibration }, place) => {
    const servo = link.servos[place] as FakeServo;
    servo.set('Homing_Offset', calibration.homing_offset);
    servo.set('Min_Position_Limit', calibration.range_min);
    servo.set('Max_Position_Limit', calibration.range_max);
    servo.set('Present_Position', 2000 + place);
    servo.set(servo.model.protocol === 'feetech' ? 'Present_Voltage' : 'Present_Input_Voltage', 75);
  });
  const bus = new ServoBus({ link, protocol, baudRate: 1_000_000, clock, patienceMs: 1 });
  return { robot, motors, link, bus };
}
