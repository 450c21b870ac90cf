import { MonotonicClock, NS_PER_MS } from '../../core/clock.ts';
import { ArmatureError } from '../../core/errors.ts';
import type { ArmState } from '../../core/observation.ts';
import { SerialDriver } from '../../drivers/serial/serial-driver.ts';
import { holdWhatAnswers, switchTorque } from '../../drivers/serial/servo-torque.ts';
import { openArmBus } from '../../drivers/serial/open-arm-bus.ts';
import type { ArmBus } from '../../drivers/serial/open-arm-bus.ts';
import type { RobotSpec } from '../../robot/robot-spec.ts';
import type { ArmPort, ArmPortOptions } from './arm-port.ts';
import { failureOf } from './arm-spec.ts';
import type { ArmDriverSpec } from './arm-spec.ts';

/** How often an arm whose gate is dead is looked at, ns: the main thread waits for the answers. */
const LOOK_NS = 25 * NS_PER_MS;

/** Opens the port and connects the arm: it does not move. Throws what openArmBus throws. */
export async function openSerialArmPort(
  { spec: { robot }, onFailure }: ArmPortOptions,
  address: Extract<ArmDriverSpec, { kind: 'serial' }>,
): Promise<ArmPort> {
  const isTaken = new SharedArrayBuffer(4);
  const end = new MainEnd(robot, await openArmBus(robot, address, { clock: new MonotonicClock() }));
  const { port, bus, calibration, connected } = end.arm;
  const tell = (error: unknown): void => onFailure(failureOf(error));
  return {
    wire: { kind: 'serial', descriptor: port.descriptor, path: port.path, hasEcho: bus.hasEcho, calibration, isTaken },
    connection: { changed: connected.changed, notes: connected.notes },
    scene: undefined,
    begin: () => undefined,
    halt: () => {
      Atomics.store(new Int32Array(isTaken), 0, 1);
      end.hold(tell);
    },
    relax: () => end.relax(tell),
    read: () => end.read(),
    close: () => void port.close(),
  };
}

/** The bus in the hands of the main thread, once the gate is dead. */
class MainEnd {
  readonly arm: ArmBus;
  readonly #driver: SerialDriver;
  #newest: ArmState | undefined;
  #lookedNs = -Infinity;

  constructor(robot: RobotSpec, arm: ArmBus) {
    this.arm = arm;
    this.#driver = new SerialDriver(robot, arm.motors, arm.bus);
  }

  /** The motors hold where they are; told when they cannot be told to. */
  hold(tell: (error: unknown) => void): void {
    try {
      const failed = holdWhatAnswers(this.arm.bus, this.arm.motors);
      if (failed.length > 0) tell(notHeld(failed));
    } catch (error) {
      tell(error);
    }
  }

  relax(tell: (error: unknown) => void): void {
    try {
      switchTorque(this.arm.bus, this.arm.motors, { isOn: false });
    } catch (error) {
      tell(error);
    }
  }

  /** Undefined once the motors cannot be asked: they hold what they were told last. */
  read(): ArmState | undefined {
    const nowNs = this.arm.bus.clock.nowNs();
    if (nowNs - this.#lookedNs < LOOK_NS) return this.#newest;
    this.#lookedNs = nowNs;
    try {
      this.#newest = this.#driver.read();
    } catch {
      this.#newest = undefined;
    }
    return this.#newest;
  }
}

function notHeld(joints: readonly string[]): ArmatureError {
  return new ArmatureError('E_SERVO_SILENT', `these joints could not be told to hold: ${joints.join(', ')}`, {
    remedy: 'They go on to where they were sent last. Look at the arm, and cut its power where it has to be.',
  });
}
