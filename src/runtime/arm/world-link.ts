import { ArmatureError } from '../../core/errors.ts';
import type { ArmState } from '../../core/observation.ts';
import type { ArmDriver, SentCommand } from '../../drivers/driver.ts';
import type { SafeCommand } from '../../safety/safe-command.ts';
import { SharedSlot } from './shared-slot.ts';
import type { WorldBuffers } from './world-memory.ts';

/** The arm of a simulated world in another thread: the gate's end of the wire. */
export class WorldLink implements ArmDriver {
  readonly name = 'sim';
  readonly #jointCount: number;
  readonly #commandSlot: SharedSlot;
  readonly #torqueSlot: SharedSlot;
  readonly #stateSlot: SharedSlot;
  readonly #command: Float64Array;
  readonly #state: Float64Array;
  #newest: ArmState | undefined;

  constructor(jointCount: number, buffers: WorldBuffers) {
    this.#jointCount = jointCount;
    this.#commandSlot = new SharedSlot(buffers.command);
    this.#torqueSlot = new SharedSlot(buffers.torque);
    this.#stateSlot = new SharedSlot(buffers.state);
    this.#command = new Float64Array(this.#commandSlot.length);
    this.#state = new Float64Array(this.#stateSlot.length);
  }

  connect(): Promise<void> {
    return Promise.resolve();
  }

  read(): ArmState {
    const [joints, state] = [this.#jointCount, this.#state];
    // Between two whole states the last one still stands.
    if (this.#stateSlot.read(state)) {
      this.#newest = {
        positionsRad: state.slice(0, joints),
        velocitiesRadPerS: state.slice(joints, 2 * joints),
        effortsNm: state.slice(2 * joints, 3 * joints),
        stampNs: state[3 * joints] as number,
      };
    }
    if (this.#newest !== undefined) return this.#newest;
    throw new ArmatureError('E_NOT_STARTED', 'the simulated arm has not measured anything yet', {
      remedy: 'Send the state of the scene before reading the arm.',
    });
  }

  readHealth(): undefined {
    return undefined;
  }

  setTorque(isOn: boolean): void {
    this.#torqueSlot.write([isOn ? 1 : 0]);
  }

  write(command: SafeCommand): SentCommand {
    this.#command.set(command.positionsRad);
    this.#command[this.#jointCount] = command.stampNs;
    this.#commandSlot.write(this.#command);
    return { positionsRad: command.positionsRad, stampNs: command.stampNs };
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
