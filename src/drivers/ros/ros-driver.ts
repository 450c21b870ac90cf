import type { ArmState } from '../../core/observation.ts';
import type { ArmHealth } from '../../safety/health-monitor.ts';
import type { SafeCommand } from '../../safety/safe-command.ts';
import type { ArmDriver, SentCommand } from '../driver.ts';
import type { JointCommand } from './commands/command-sender.ts';
import { linkDown } from './ros-errors.ts';

/** The way from a driver to the thread that owns the link: the same thread, or shared memory. */
export interface RosWire {
  /** Number of the connection over which the arm is there; 0 for none. */
  readonly generation: number;
  /** The newest state; undefined before the first. */
  read(): ArmState | undefined;
  readHealth(): ArmHealth | undefined;
  setTorque(isOn: boolean): void;
  /** Sends the command if it still may be sent when it gets there; the newest one only. */
  command(command: JointCommand): void;
}

/**
 * An arm behind ROS as the gate sees it. Such an arm has no torque to switch: "off" tells its controller to stop and hold
 * and sends nothing more, "on" lets commands through again. Commands are for the connection over which torque came on:
 * after a loss they are refused until it comes on again, which takes an operator who arms the arm.
 */
export class RosDriver implements ArmDriver {
  readonly name = 'ros';
  readonly #url: string;
  readonly #wire: RosWire;
  /** Generation for which torque came on. */
  #generation = 0;

  constructor(wire: RosWire, url: string) {
    this.#wire = wire;
    this.#url = url;
  }

  /** Whoever has the link has connected it. */
  connect(): Promise<void> {
    return Promise.resolve();
  }

  read(): ArmState {
    const state = this.#wire.generation > 0 ? this.#wire.read() : undefined;
    if (state === undefined) throw linkDown(this.#url, 'read the arm');
    return state;
  }

  readHealth(): ArmHealth | undefined {
    if (this.#wire.generation === 0) throw linkDown(this.#url, 'read the arm');
    return this.#wire.readHealth();
  }

  setTorque(isOn: boolean): void {
    const { generation } = this.#wire;
    if (isOn && generation === 0) throw linkDown(this.#url, 'command the arm');
    this.#generation = isOn ? generation : 0;
    this.#wire.setTorque(isOn);
  }

  write(command: SafeCommand): SentCommand {
    const { generation } = this.#wire;
    if (generation === 0 || generation !== this.#generation) throw linkDown(this.#url, 'command the arm');
    const { positionsRad, stampNs } = command;
    this.#wire.command({ positionsRad, stampNs });
    return { positionsRad, stampNs };
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
