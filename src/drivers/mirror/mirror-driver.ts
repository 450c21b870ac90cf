import { NS_PER_S } from '../../core/clock.ts';
import { ArmatureError } from '../../core/errors.ts';
import type { ArmState } from '../../core/observation.ts';
import { PushSource } from '../../core/source.ts';
import type { StampedSource } from '../../core/source.ts';
import type { RobotSpec } from '../../robot/robot-spec.ts';
import type { SafeCommand } from '../../safety/safe-command.ts';
import type { ArmDriver, SentCommand } from '../driver.ts';

/**
 * An ideal arm for dry runs: it is where it was last told to be, without delay, mass or noise.
 * It starts at the robot's home pose. It reports its state when `publish` is called.
 */
export class MirrorDriver implements ArmDriver {
  readonly name = 'mirror';
  readonly #source = new PushSource<ArmState>();
  #connected = false;
  #hasTorque = true;
  /** A command came since the state was last reported. */
  #isCommanded = false;
  #state: ArmState;
  #commandedNs: number;

  /** @param startNs stamp of the first state, monotonic ns. */
  constructor(robot: RobotSpec, startNs: number) {
    const still = robot.joints.map(() => 0);
    this.#state = {
      positionsRad: Float64Array.from(robot.homeRad),
      velocitiesRadPerS: Float64Array.from(still),
      effortsNm: Float64Array.from(still),
      stampNs: startNs,
    };
    this.#commandedNs = startNs;
  }

  get source(): StampedSource<ArmState> {
    return this.#source;
  }

  connect(): Promise<void> {
    this.#connected = true;
    return Promise.resolve();
  }

  read(): ArmState {
    this.#requireConnection('read');
    return this.#state;
  }

  readHealth(): undefined {
    return undefined;
  }

  setTorque(isOn: boolean): void {
    this.#requireConnection('switch the torque');
    this.#hasTorque = isOn;
  }

  write(command: SafeCommand): SentCommand {
    this.#requireConnection('write');
    // It has no mass: limp, it stays where it is.
    if (!this.#hasTorque) return { positionsRad: this.#state.positionsRad, stampNs: command.stampNs };
    const elapsedS = (command.stampNs - this.#commandedNs) / NS_PER_S;
    const previousRad = this.#state.positionsRad;
    this.#state = {
      ...this.#state,
      positionsRad: command.positionsRad.slice(),
      velocitiesRadPerS: command.positionsRad.map((position, joint) =>
        elapsedS > 0 ? (position - (previousRad[joint] ?? position)) / elapsedS : 0,
      ),
      stampNs: Math.max(command.stampNs, this.#state.stampNs),
    };
    this.#commandedNs = command.stampNs;
    this.#isCommanded = true;
    return { positionsRad: command.positionsRad, stampNs: command.stampNs };
  }

  /** Reports the present state, measured at `nowNs`, to the source's listeners. */
  publish(nowNs: number): void {
    const still = this.#state.velocitiesRadPerS.map(() => 0);
    // An arm that nobody commands any more stands.
    const velocitiesRadPerS = this.#isCommanded ? this.#state.velocitiesRadPerS : still;
    this.#state = { ...this.#state, velocitiesRadPerS, stampNs: nowNs };
    this.#isCommanded = false;
    this.#source.push(this.#state);
  }

  close(): Promise<void> {
    this.#connected = false;
    return Promise.resolve();
  }

  #requireConnection(operation: string): void {
    if (this.#connected) return;
    throw new ArmatureError('E_NOT_CONNECTED', `cannot ${operation}: the mirror arm is not connected`, {
      remedy: 'Call connect first.',
    });
  }
}
