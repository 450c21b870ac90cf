import loadMujoco from '@mujoco/mujoco';
import type { MainModule } from '@mujoco/mujoco';

let loading: Promise<MainModule> | undefined;

/** The MuJoCo module of this thread: one WASM instance, shared by every world the thread makes. */
export function mujoco(): Promise<MainModule> {
  loading ??= loadMujoco();
  return loading;
}
