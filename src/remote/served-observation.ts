import { sampledNow } from '../core/observation.ts';
import type { CameraFrame, Observation } from '../core/observation.ts';
import { MessageError } from './message-error.ts';
import { nameOf, valueAt } from './message-key.ts';
import type { MessageMap, MessageValue } from './messages.ts';
import { NdArray, NumpyScalar } from './ndarray.ts';
import type { MessageKey, RemoteManifest, RemoteState } from './remote-manifest.ts';

/** What the server knows and the message does not say. */
export interface AskedAt {
  readonly tick: number;
  /** Monotonic ns. */
  readonly timeNs: number;
  /** What was answered last, rad, shape (J); taken for what was sent where the message does not say. */
  readonly answeredRad: Float64Array | undefined;
}

/**
 * An observation as a policy that is served takes it, all of it fresh. Throws MessageError for what is missing, and for
 * shapes, types and numbers that are not those of the manifest, whose joints are in rad.
 */
export function servedObservation(manifest: RemoteManifest, message: MessageMap, at: AskedAt): Observation {
  const { images, states, instruction = 'prompt' } = manifest.observation;
  const given = new Map(states.map((state) => [state.quantity, stateOf(state, message)]));
  const positionsRad = given.get('position');
  if (positionsRad === undefined) throw new MessageError('it holds no joint positions', keyList(manifest));
  const zeros = (): Float64Array => new Float64Array(positionsRad.length);
  const arm = {
    positionsRad,
    velocitiesRadPerS: given.get('velocity') ?? zeros(),
    effortsNm: given.get('effort') ?? zeros(),
    stampNs: at.timeNs,
  };
  const words = valueAt(message, instruction);
  if (typeof words !== 'string') throw new MessageError(`"${nameOf(instruction)}" is no text`, 'what to do, in words');
  return {
    tick: at.tick,
    timeNs: at.timeNs,
    instruction: words,
    arm: sampledNow(arm),
    commandRad: given.get('command') ?? at.answeredRad ?? positionsRad.slice(),
    cameras: new Map(
      images.map((image) => [image.camera, sampledNow({ ...frameOf(image, message), stampNs: at.timeNs })]),
    ),
  };
}

/** The seed an episode begins with; 0 where the message has none. */
export function servedSeed({ observation }: RemoteManifest, message: MessageMap): number {
  const value = observation.seed === undefined ? undefined : valueAt(message, observation.seed);
  const seed = value instanceof NumpyScalar ? value.value : (value ?? 0);
  if (typeof seed === 'number' && Number.isSafeInteger(seed) && seed >= 0) return seed;
  throw new MessageError('the seed is no seed', 'a whole number of at least 0');
}

function frameOf(
  { camera, key, width, height }: RemoteManifest['observation']['images'][number],
  message: MessageMap,
): Omit<CameraFrame, 'stampNs'> {
  const array = valueAt(message, key);
  const shape = [height, width, 3];
  if (array instanceof NdArray && array.dtype === '|u1' && array.shape.join() === shape.join()) {
    return { camera, width, height, rgb: array.bytes };
  }
  throw wrongArray(key, array, `a picture of uint8 and shape (${shape.join(', ')})`);
}

function stateOf({ key, quantity, joints }: RemoteState, message: MessageMap): Float64Array | undefined {
  const array = valueAt(message, key);
  if (array === undefined && quantity === 'command') return undefined;
  const expected = `${joints.length} numbers, finite, in rad or SI: ${joints.map(({ joint }) => joint).join(', ')}`;
  if (!(array instanceof NdArray) || array.shape.length !== 1) throw wrongArray(key, array, expected);
  const values = array.floats();
  if (values.length !== joints.length || !values.every(Number.isFinite)) throw wrongArray(key, array, expected);
  return values;
}

function wrongArray(key: MessageKey, value: MessageValue | undefined, expected: string): MessageError {
  const found =
    value instanceof NdArray
      ? `of ${value.dtype}, shape (${value.shape.join(', ')})`
      : value === undefined
        ? 'missing'
        : 'no array';
  return new MessageError(`"${nameOf(key)}" is ${found}`, expected);
}

function keyList({ observation }: RemoteManifest): string {
  return observation.states.map(({ key }) => nameOf(key)).join(', ');
}
