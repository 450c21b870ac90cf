import type { Observation } from '../core/observation.ts';
import { MessageError } from './message-error.ts';
import { nameOf, valueAt } from './message-key.ts';
import type { MessageMap } from './messages.ts';
import { NdArray } from './ndarray.ts';
import type { RemoteManifest } from './remote-manifest.ts';
import { fromServer } from './server-units.ts';

/** What a server wants for the control ticks from one observation on. */
export class ActionChunk {
  readonly #manifest: RemoteManifest;
  readonly #values: Float64Array;
  readonly #measuredRad: Float64Array;

  private constructor(manifest: RemoteManifest, values: Float64Array, measuredRad: Float64Array) {
    this.#manifest = manifest;
    this.#values = values;
    this.#measuredRad = measuredRad;
  }

  /**
   * Takes the chunk out of an answer. Throws MessageError where there is none, where its shape is not (steps, columns),
   * its type neither float32 nor float64, or a number that would move a joint is not finite.
   * @param asked the observation the server was asked with
   */
  static read(manifest: RemoteManifest, answer: MessageMap, asked: Observation): ActionChunk {
    const { key, steps, columns } = manifest.actions;
    const array = valueAt(answer, key);
    const name = nameOf(key);
    if (!(array instanceof NdArray)) {
      const names = Object.keys(answer).join(', ') || 'nothing';
      throw new MessageError(`an answer holds ${names}`, `an array under "${name}"`);
    }
    if (array.shape.length !== 2 || array.shape[0] !== steps || array.shape[1] !== columns.length) {
      const expected = `shape (${steps}, ${columns.length}): actions.steps and actions.columns of policy.json`;
      throw new MessageError(`"${name}" has shape (${array.shape.join(', ')})`, expected);
    }
    const values = array.floats();
    const bad = values.findIndex((value, index) => columns[index % columns.length] !== null && !Number.isFinite(value));
    if (bad >= 0) {
      const place = `row ${Math.floor(bad / columns.length)}, column ${bad % columns.length}`;
      throw new MessageError(`"${name}" is ${values[bad]} in ${place}`, 'finite numbers');
    }
    return new ActionChunk(manifest, values, asked.arm.value.positionsRad);
  }

  /**
   * Where the joints are to be at the end of a control tick, rad, shape (J), joint order of the manifest.
   * @param step 0 for the control tick of the observation the server was asked with
   * @param commandRad what was sent last, rad, shape (J)
   */
  targetRad(step: number, commandRad: Float64Array): Float64Array {
    const { joints, actions } = this.#manifest;
    const { columns } = actions;
    const target = new Float64Array(joints.length).fill(NaN);
    columns.forEach((column, index) => {
      if (column === null) return;
      const joint = joints.indexOf(column.joint);
      const wishRad = fromServer(column.unit, this.#values[step * columns.length + index] ?? NaN);
      const originRad = column.meaning === 'from-state' ? this.#measuredRad : commandRad;
      target[joint] = column.meaning === 'absolute' ? wishRad : (originRad[joint] ?? NaN) + wishRad;
    });
    return target;
  }
}
