import type { Calibration } from '../../calibration/calibration-problems.ts';
import { loadCalibration } from '../../calibration/load-calibration.ts';
import type { Clock } from '../../core/clock.ts';
import { ArmatureError } from '../../core/errors.ts';
import type { RobotSpec } from '../../robot/robot-spec.ts';
import { armMotors, requireSerial } from './arm-motors.ts';
import type { ArmMotor } from './arm-motors.ts';
import { armBusOf } from './arm-bus-of.ts';
import { connectServos } from './connect-servos.ts';
import type { ConnectedServos } from './connect-servos.ts';
import { openSerialPort } from './serial-port.ts';
import type { OpenPort } from './serial-port.ts';
import type { ServoBus } from './servo-bus.ts';
import { SerialDriver } from './serial-driver.ts';

/** How to reach a serial arm. */
export interface SerialArmAddress {
  /** Such as `/dev/ttyACM0`. */
  readonly port: string;
  /** Path of the calibration file of this very arm. */
  readonly calibration: string;
}

/** A port opened on the main thread, with an arm behind it that is what it should be. */
export interface ArmBus {
  readonly port: OpenPort;
  readonly bus: ServoBus;
  readonly motors: readonly ArmMotor[];
  readonly calibration: Calibration;
  readonly connected: ConnectedServos;
}

/** A cycle may take this part of a gate period on the wire: noise has to be asked for again, and the gate wants time, too. */
const MOST_WIRE_SHARE = 0.6;

/**
 * Opens the port on the main thread and connects the motors; nothing moves. `mayUse` is asked before every use of the port.
 * Throws what openSerialPort, loadCalibration, armMotors and connectServos throw, and ArmatureError E_SERIAL_RATE where a cycle
 * does not fit into a period of the gate.
 */
export async function openArmBus(
  robot: RobotSpec,
  address: SerialArmAddress,
  { clock, mayUse }: { readonly clock: Clock; readonly mayUse?: () => boolean },
): Promise<ArmBus> {
  const serial = requireSerial(robot);
  const { calibration } = loadCalibration(address.calibration, robot);
  const motors = armMotors(robot, calibration);
  const port = await openSerialPort({ path: address.port, baudRate: serial.baudRate });
  try {
    const bus = armBusOf(robot, { descriptor: port.descriptor, path: port.path, clock, hasEcho: false, mayUse });
    bus.detectEcho();
    requireRate(robot, new SerialDriver(robot, motors, bus).wireNs);
    return { port, bus, motors, calibration, connected: connectServos(bus, motors, serial) };
  } catch (error) {
    await port.close();
    throw error;
  }
}

function requireRate(robot: RobotSpec, wireNs: number): void {
  const { gateHz } = robot.rates;
  const most = Math.floor((MOST_WIRE_SHARE * 1e9) / wireNs);
  if (gateHz <= most) return;
  throw new ArmatureError('E_SERIAL_RATE', `the bus is too slow for a gate of ${gateHz} Hz`, {
    expected: `at most ${most} Hz at ${requireSerial(robot).baudRate} bit/s`,
    found: `${(wireNs / 1e6).toFixed(2)} ms on the wire in each cycle`,
    remedy: `Lower rates.gateHz of ${robot.directory}/robot.yaml, or raise the baud rate of the motors.`,
  });
}
