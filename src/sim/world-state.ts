import { ArmatureError } from '../core/errors.ts';
import { floats } from './world.ts';
import type { World } from './world.ts';

/** Fields of MjData that say where everything is, how it moves and where it is sent, in this order. */
function stateFields({ data }: World): Float64Array[] {
  const fields: readonly unknown[] = [data.qpos, data.qvel, data.ctrl, data.mocap_pos, data.mocap_quat];
  return fields.map(floats);
}

/** How many numbers the state of a world takes. */
export function worldStateLength(world: World): number {
  return stateFields(world).reduce((sum, field) => sum + field.length, 0);
}

/** Copies the state of a world, for another world of the same scene and robot to show or to go on from. */
export function readWorldState(world: World, into: Float64Array): void {
  let offset = 0;
  for (const field of stateFields(world)) {
    into.set(field, offset);
    offset += field.length;
  }
}

/** Takes over the state of another world of the same scene and robot. Throws ArmatureError E_WORLD_STATE for another. */
export function writeWorldState(world: World, state: Float64Array): void {
  const fields = stateFields(world);
  const length = worldStateLength(world);
  if (state.length !== length || !state.every(Number.isFinite)) {
    throw new ArmatureError('E_WORLD_STATE', 'this is no state of the simulated world', {
      expected: `${length} finite numbers`,
      found: state.length === length ? 'some that are not finite' : `${state.length} numbers`,
      remedy: 'Take the state from a world of the same scene and robot.',
    });
  }
  let offset = 0;
  for (const field of fields) {
    field.set(state.subarray(offset, offset + field.length));
    offset += field.length;
  }
  world.forward();
}
