import { ENCODER_CONVENTIONS } from '../../calibration/encoder-convention.ts';
import type { HeldByMotor } from '../../calibration/joint-state.ts';
import { ArmatureError } from '../../core/errors.ts';
import { requireSerial } from '../../drivers/serial/arm-motors.ts';
import { servoModel } from '../../drivers/serial/servo-address.ts';
import type { ServoAddress } from '../../drivers/serial/servo-address.ts';
import type { SetupBus } from '../../drivers/serial/setup-bus.ts';
import type { RobotSpec } from '../../robot/robot-spec.ts';
import type { SerialSpec } from '../../robot/serial-spec.ts';

/** What calibrating needs of a bus. */
export type CalibrationBus = Pick<SetupBus, 'ping' | 'read' | 'write' | 'readAll'>;

/** The servo of one joint. */
export interface ArmServo {
  readonly joint: string;
  readonly address: ServoAddress;
  /** Mode it shall be in, from robot.yaml; undefined: whichever it is in. */
  readonly operatingMode: number | undefined;
}

/** Value of a register of a servo, by name. */
export type HeldRegisters = Readonly<Record<string, number>>;

/** In joint order. Throws ArmatureError E_NO_SERIAL for a robot without a serial block. */
export function armServos(robot: RobotSpec): ArmServo[] {
  const { motors, registers } = requireSerial(robot);
  return robot.joints.flatMap(({ name }) => {
    const motor = motors[name];
    if (motor === undefined) return [];
    const operatingMode = { ...registers, ...motor.registers }['Operating_Mode'];
    return [{ joint: name, address: { id: motor.id, model: servoModel(motor.model) }, operatingMode }];
  });
}

/** Makes sure that every servo answers and is of its model. Throws ArmatureError, which names the joints. */
export async function requireServos(bus: CalibrationBus, servos: readonly ArmServo[]): Promise<void> {
  const silent: string[] = [];
  for (const { joint, address } of servos) {
    const found = await bus.ping(address.id);
    if (found === undefined) silent.push(`"${joint}" (id ${address.id})`);
    else if (found.modelNumber !== address.model.modelNumber) {
      throw new ArmatureError('E_SERVO_MODEL', `the servo of joint "${joint}" is another model`, {
        expected: `${address.model.name} (model number ${address.model.modelNumber})`,
        found: `${found.model?.name ?? 'an unknown model'} (model number ${found.modelNumber})`,
        remedy: 'Is it this robot? `armature ports` shows what is on the bus; correct robot.yaml for another servo.',
      });
    }
  }
  if (silent.length === 0) return;
  const all = silent.length === servos.length;
  throw new ArmatureError('E_SERVO_MISSING', `no servo answers for ${silent.join(', ')}`, {
    remedy: all
      ? 'Give the arm its power and check the port: `armature ports` finds arms.'
      : 'Check the cable that goes to the first of them; `armature motors setup` gives ids to new servos.',
  });
}

/** Registers a calibration changes, in the order they are written. */
export function calibrationRegisters(protocol: SerialSpec['protocol'], servo: ArmServo): string[] {
  return [
    ...(servo.operatingMode === undefined ? [] : ['Operating_Mode']),
    ...(ENCODER_CONVENTIONS[protocol].reversesItself ? ['Drive_Mode'] : []),
    'Homing_Offset',
    'Min_Position_Limit',
    'Max_Position_Limit',
  ];
}

/** What a servo holds in the registers that a calibration changes. */
export async function readHeld(
  bus: CalibrationBus,
  protocol: SerialSpec['protocol'],
  servo: ArmServo,
): Promise<HeldRegisters> {
  const held: Record<string, number> = {};
  for (const name of calibrationRegisters(protocol, servo)) held[name] = await bus.read(servo.address, name);
  return held;
}

/** The same as the procedure needs it. */
export function heldByMotor(held: HeldRegisters): HeldByMotor {
  return { homingOffset: held['Homing_Offset'] ?? 0, drivenMode: ((held['Drive_Mode'] ?? 0) & 1) === 1 ? 1 : 0 };
}

/** Joints whose torque is on. */
export async function torquedJoints(bus: CalibrationBus, servos: readonly ArmServo[]): Promise<string[]> {
  const joints: string[] = [];
  for (const { joint, address } of servos) if ((await bus.read(address, 'Torque_Enable')) !== 0) joints.push(joint);
  return joints;
}

export async function releaseTorque(bus: CalibrationBus, servos: readonly ArmServo[]): Promise<void> {
  for (const { address } of servos) await bus.write(address, 'Torque_Enable', 0);
}
