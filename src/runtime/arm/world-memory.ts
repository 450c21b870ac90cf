import { SharedSlot } from './shared-slot.ts';

/** The wire between the gate and a simulated world that lives in a thread of its own. Can be given to workers. */
export interface WorldBuffers {
  /** Gate: where to go, rad, shape (J), and the stamp of the command. */
  readonly command: SharedArrayBuffer;
  /** Gate: 1 for torque, 0 for none. */
  readonly torque: SharedArrayBuffer;
  /** World: positions, velocities, efforts, each of shape (J), and the stamp. */
  readonly state: SharedArrayBuffer;
  /** Gate: when it ticked last; see ArmMemory. */
  readonly token: SharedArrayBuffer;
  /** Main thread: see WORLD_ORDERS. */
  readonly order: SharedArrayBuffer;
}

/** `run` at the start; `halt`: the servos hold where the arm is, whatever the gate says; `end`: the thread ends. */
export const WORLD_ORDERS = { run: 0, halt: 1, end: 2 } as const;

export function allocateWorldBuffers(jointCount: number, token: SharedArrayBuffer): WorldBuffers {
  return {
    command: SharedSlot.allocate(jointCount + 1),
    torque: SharedSlot.allocate(1),
    state: SharedSlot.allocate(3 * jointCount + 1),
    token,
    order: new SharedArrayBuffer(4),
  };
}

/** What a world thread tells once it has loaded its scene: memory that is as long as the scene is rich. */
export interface WorldReady {
  /** Its number, where the system tells. */
  readonly thread: number | undefined;
  /** Main thread: the state to start an episode from. */
  readonly begin: SharedArrayBuffer;
  /** World: the present state. */
  readonly scene: SharedArrayBuffer;
}
