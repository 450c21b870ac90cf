import type { CameraFrame, Observation } from '../core/observation.ts';
import { ArmatureError } from '../core/errors.ts';
import { pathOf } from './message-key.ts';
import type { MessageMap, MessageValue } from './messages.ts';
import { NdArray } from './ndarray.ts';
import type { RemoteManifest, RemoteState } from './remote-manifest.ts';
import { resizeWithPad } from './resize-with-pad.ts';
import { rateToServer, toServer } from './server-units.ts';

type Image = RemoteManifest['observation']['images'][number];

/** A message that is being put together. */
type Draft = Map<string, MessageValue | Draft>;

/**
 * What a server is asked with: pictures, joints, instruction and seed of an observation, under the keys and in the
 * units of the manifest. Throws E_CAMERA for a camera the observation lacks.
 */
export function observationMessage(manifest: RemoteManifest, observation: Observation, seed: number): MessageMap {
  const { images, states, instruction, seed: seedKey } = manifest.observation;
  const draft: Draft = new Map();
  for (const image of images) put(draft, pathOf(image.key), imageOf(image, observation));
  for (const state of states) put(draft, pathOf(state.key), stateOf(state, manifest, observation));
  if (instruction !== undefined) put(draft, pathOf(instruction), observation.instruction);
  if (seedKey !== undefined) put(draft, pathOf(seedKey), seed);
  return messageOf(draft);
}

function imageOf({ camera, width, height, layout }: Image, { cameras }: Observation): NdArray {
  const frame = cameras.get(camera)?.value;
  if (frame === undefined) throw noCamera(camera, [...cameras.keys()]);
  const { rgb } = resizeWithPad(frame, width, height);
  if (layout === 'hwc') return new NdArray('|u1', [height, width, 3], rgb);
  return new NdArray('|u1', [3, height, width], planes(rgb));
}

/** Red, then green, then blue. */
function planes(rgb: CameraFrame['rgb']): Uint8Array {
  const pixels = rgb.length / 3;
  const channels = new Uint8Array(rgb.length);
  for (let pixel = 0; pixel < pixels; pixel += 1) {
    for (let channel = 0; channel < 3; channel += 1) channels[channel * pixels + pixel] = rgb[pixel * 3 + channel] ?? 0;
  }
  return channels;
}

function stateOf(state: RemoteState, { joints }: RemoteManifest, { arm, commandRad }: Observation): NdArray {
  const measured = {
    position: arm.value.positionsRad,
    velocity: arm.value.velocitiesRadPerS,
    effort: arm.value.effortsNm,
    command: commandRad,
  }[state.quantity];
  const values = state.joints.map(({ joint, unit }) => {
    const value = measured[joints.indexOf(joint)] ?? NaN;
    if (state.quantity === 'effort') return value;
    return state.quantity === 'velocity' ? rateToServer(unit, value) : toServer(unit, value);
  });
  return state.dtype === 'float32' ? NdArray.float32(values) : NdArray.float64(values);
}

/** The manifest lets no two values go to one place. */
function put(draft: Draft, [key = '', ...inner]: readonly string[], value: MessageValue): void {
  if (inner.length === 0) {
    draft.set(key, value);
    return;
  }
  const known = draft.get(key);
  const nested: Draft = known instanceof Map ? known : new Map();
  draft.set(key, nested);
  put(nested, inner, value);
}

function messageOf(draft: Draft): MessageMap {
  const entries = [...draft].map(([key, value]) => [key, value instanceof Map ? messageOf(value) : value] as const);
  return Object.fromEntries(entries);
}

function noCamera(camera: string, cameras: readonly string[]): ArmatureError {
  return new ArmatureError('E_CAMERA', `the policy looks through camera "${camera}", which gives no pictures`, {
    expected: camera,
    found: cameras.join(', ') || 'none',
    remedy: 'Give it with --camera, or take it out of observation.images in policy.json.',
  });
}
