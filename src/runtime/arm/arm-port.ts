import { ArmatureError } from '../../core/errors.ts';
import type { ArmState } from '../../core/observation.ts';
import { moduleEntry, startWorker } from '../../core/module-worker.ts';
import type { ArmConnection, ArmFailure, ArmSpec } from './arm-spec.ts';
import type { OperatorCommand } from './message-formats.ts';
import type { ArmRecord } from './record-format.ts';
import { openRosPort } from './ros-port.ts';
import type { RosBuffers } from './ros-wire.ts';
import type { SerialWire } from './serial-wire.ts';
import { SharedSlot } from './shared-slot.ts';
import { raiseWorld } from './thread-priority.ts';
import { WORLD_ORDERS, allocateWorldBuffers } from './world-memory.ts';
import type { WorldBuffers, WorldReady } from './world-memory.ts';
import { WorldLink } from './world-link.ts';
import type { WorldWorkerData } from './world-worker.ts';

/** The gate's end of the way to an arm, to be opened in its thread. */
export type ArmWire =
  | { readonly kind: 'mirror' }
  | { readonly kind: 'sim'; readonly buffers: WorldBuffers }
  | SerialWire
  | { readonly kind: 'ros'; readonly buffers: RosBuffers; readonly url: string };

/** The main thread's end: what must not depend on the gate. */
export interface ArmPort {
  readonly wire: ArmWire;
  /** What connecting did; undefined for an arm in which it changes nothing. */
  readonly connection?: ArmConnection;
  /** The state of a simulated world; undefined for an arm that is in no world. */
  readonly scene: SharedSlot | undefined;
  /** Puts a simulated world into this state; an arm that is in no world has none. Throws E_WORLD_STATE. */
  begin(state: Float64Array): void;
  /** The driver's dead-man: the arm stops and holds by itself, whatever was or will be commanded. */
  halt(): void;
  /** After `halt`, asked for by an operator: torque off, for arms whose torque can be switched without the gate. */
  relax?(): void;
  /** What the arm measures where the gate does not tell any more; undefined for an ideal arm, which stands. */
  read(): ArmState | undefined;
  close(): void;
  /** Told of everything that the supervisor is told; for a port that shows it elsewhere. */
  readonly witness?: ArmWitness;
}

export interface ArmWitness {
  onRecord(record: ArmRecord): void;
  onFailure(failure: ArmFailure): void;
}

export interface ArmPortOptions {
  readonly spec: ArmSpec;
  /** See ArmMemory. */
  readonly token: SharedArrayBuffer;
  /** Told when the arm itself fails. */
  readonly onFailure: (failure: ArmFailure) => void;
  /** Gives the gate a command that came from elsewhere than the supervisor. @param value see COMMAND_CODES. */
  readonly command: (command: OperatorCommand, value: number) => void;
}

/** Opens the main thread's end. Throws ArmatureError when the arm cannot be reached. */
export async function openArmPort(options: ArmPortOptions): Promise<ArmPort> {
  const { driver } = options.spec;
  switch (driver.kind) {
    case 'mirror':
      return mirrorPort();
    case 'sim':
      return openWorldPort(options, driver.scene);
    case 'serial': {
      // Loaded where it is used: it brings a native library along.
      const { openSerialArmPort } = await import('./serial-arm-port.ts');
      return openSerialArmPort(options, driver);
    }
    case 'ros':
      return openRosPort(options, driver);
  }
}

/** The mirror arm is where it was told to be last, so that without commands it stands. */
function mirrorPort(): ArmPort {
  return {
    wire: { kind: 'mirror' },
    scene: undefined,
    begin: () => undefined,
    halt: () => undefined,
    read: () => undefined,
    close: () => undefined,
  };
}

type WorldMessage = { readonly ready: WorldReady } | { readonly failure: ArmFailure };

async function openWorldPort({ spec, token, onFailure }: ArmPortOptions, scene: string): Promise<ArmPort> {
  const buffers = allocateWorldBuffers(spec.robot.joints.length, token);
  const data: WorldWorkerData = { robot: spec.robot, scene, buffers };
  const worker = startWorker(moduleEntry(import.meta.url, 'world-worker'), data);
  let isOpen = false;
  const ready = await new Promise<WorldReady>((resolve, reject) => {
    const fail = (failure: ArmFailure): void => {
      if (isOpen) onFailure(failure);
      else reject(new ArmatureError(failure.code, failure.problem, failure));
    };
    worker.on('message', (message: WorldMessage) => {
      if ('ready' in message) resolve(message.ready);
      else fail(message.failure);
    });
    worker.on('error', (error) => fail(worldDied(error.message)));
  });
  isOpen = true;
  raiseWorld(ready.thread);
  const order = new Int32Array(buffers.order);
  const begin = new SharedSlot(ready.begin);
  const link = new WorldLink(spec.robot.joints.length, buffers);
  return {
    wire: { kind: 'sim', buffers },
    scene: new SharedSlot(ready.scene),
    begin: (state) => {
      if (state.length !== begin.length || !state.every(Number.isFinite)) throw wrongState(begin.length, state);
      begin.write(state);
    },
    halt: () => void Atomics.store(order, 0, WORLD_ORDERS.halt),
    read: () => link.read(),
    close: () => void Atomics.store(order, 0, WORLD_ORDERS.end),
  };
}

function worldDied(how: string): ArmFailure {
  return {
    code: 'E_ARM_PROCESS',
    problem: `the simulated world ended unexpectedly (${how})`,
    remedy: 'The arm was brought to a stop. Start the run again.',
  };
}

function wrongState(length: number, state: Float64Array): ArmatureError {
  return new ArmatureError('E_WORLD_STATE', 'this is no state of the simulated world', {
    expected: `${length} finite numbers`,
    found: state.length === length ? 'some that are not finite' : `${state.length} numbers`,
    remedy: 'Take the state from a world of the same scene and robot.',
  });
}
