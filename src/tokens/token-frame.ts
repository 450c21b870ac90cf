import { ArmatureError } from '../core/errors.ts';
import type { ArmState, CameraFrame, Observation } from '../core/observation.ts';
import type { Segment, StepLayout } from './layout.ts';
import { stateWidth } from './layout-spec.ts';
import type { JointStateName, StateModality } from './layout-spec.ts';
import { extractPatches } from './patches.ts';
import { encodeText } from './text.ts';
import { linearId, muLawId, notFinite, toUnit } from './value-codec.ts';

/** The tokens of one observation. The separator follows them; its id is always the same. */
export interface TokenFrame {
  /** Shape (text.positions). */
  readonly textIds: Int32Array;
  /** Modalities in spec order, joints in the robot's: shape (modalities * J). */
  readonly stateIds: Int32Array;
  /** Cameras in spec order, patches in raster order, values row, column, channel: shape (patches, patchSize^2 * 3). */
  readonly patches: Float32Array;
}

/** Turns observations into token frames, into the same buffers every time. */
export class TokenEncoder {
  readonly layout: StepLayout;
  readonly #stateIds: Int32Array;
  readonly #patches: Float32Array;
  readonly #images: readonly Segment[];
  #instruction: string | undefined;
  #textIds: Int32Array;

  constructor(layout: StepLayout) {
    this.layout = layout;
    this.#stateIds = new Int32Array(layout.stateTokens);
    this.#patches = new Float32Array(layout.patches * layout.spec.patchSize ** 2 * 3);
    this.#images = layout.segments.filter(({ kind }) => kind === 'image');
    this.#textIds = new Int32Array(layout.textTokens);
  }

  /**
   * The frame holds until the next call. Whether the observation is fresh is the caller's to judge.
   * Throws E_UNKNOWN_WORDS, E_TEXT_TOO_LONG, E_NOT_FINITE, E_JOINT_COUNT, E_CAMERA_MISSING and
   * E_CAMERA_SIZE.
   */
  encode(observation: Observation): TokenFrame {
    if (observation.instruction !== this.#instruction) {
      this.#textIds = encodeText(this.layout, observation.instruction);
      this.#instruction = observation.instruction;
    }
    let first = 0;
    for (const modality of this.layout.spec.state) {
      this.#encodeState(modality, observation.arm.value, first);
      first += stateWidth(this.layout.spec, modality);
    }
    for (const image of this.#images) this.#encodeImage(image, observation);
    return { textIds: this.#textIds, stateIds: this.#stateIds, patches: this.#patches };
  }

  #encodeState(modality: StateModality, arm: ArmState, first: number): void {
    if (modality.codec === 'linear-values') {
      throw new ArmatureError('E_LAYOUT_ROBOT', `state "${modality.name}" of the policy is measured by no arm`, {
        remedy: 'Use a policy of an arm; the caller of this one makes its token frames.',
      });
    }
    const values = stateValues(arm, modality.name);
    const { joints, spec } = this.layout;
    if (values.length !== joints) {
      throw new ArmatureError('E_JOINT_COUNT', `state "${modality.name}" is of another robot`, {
        expected: `${joints} joints`,
        found: String(values.length),
        remedy: 'Use a policy trained on this robot.',
      });
    }
    for (let joint = 0; joint < joints; joint += 1) {
      const value = values[joint] ?? Number.NaN;
      if (!Number.isFinite(value)) throw notFinite(`${modality.name} of "${spec.actions[joint]?.joint}"`, value);
      this.#stateIds[first + joint] =
        modality.codec === 'mulaw'
          ? muLawId(value, spec.codec)
          : linearId(toUnit(value, modality.low[joint] ?? Number.NaN, modality.high[joint] ?? Number.NaN), spec.codec);
    }
  }

  #encodeImage(image: Segment, observation: Observation): void {
    const { cameras, patchSize } = this.layout.spec;
    const camera = cameras.find(({ name }) => name === image.name);
    const frame = observation.cameras.get(image.name)?.value;
    if (frame === undefined || camera === undefined) {
      const goalOf = camera?.goalOf;
      throw new ArmatureError('E_CAMERA_MISSING', `the observation has no image of ${described(image.name, goalOf)}`, {
        found: `cameras: ${[...observation.cameras.keys()].join(', ') || '(none)'}`,
        remedy:
          goalOf === undefined
            ? 'Connect the camera, or name it in robot.yaml as the policy does.'
            : 'Only `armature eval` shows a policy its goal; elsewhere, add such an image to every observation.',
      });
    }
    requireSize(frame, camera);
    const offset = image.firstInFrame * patchSize ** 2 * 3;
    extractPatches({
      rgb: frame.rgb,
      width: frame.width,
      height: frame.height,
      patchSize,
      into: this.#patches,
      offset,
    });
  }
}

/** The tokens of one observation, in buffers of their own. Throws as TokenEncoder.encode does. */
export function encodeObservation(layout: StepLayout, observation: Observation): TokenFrame {
  return new TokenEncoder(layout).encode(observation);
}

function described(camera: string, goalOf: string | undefined): string {
  return goalOf === undefined ? `camera "${camera}"` : `goal "${camera}": camera "${goalOf}" when the task is finished`;
}

function stateValues(arm: ArmState, name: JointStateName): Float64Array {
  switch (name) {
    case 'positions':
      return arm.positionsRad;
    case 'velocities':
      return arm.velocitiesRadPerS;
    case 'efforts':
      return arm.effortsNm;
  }
}

function requireSize(frame: CameraFrame, expected: { name: string; width: number; height: number }): void {
  const { name, width, height } = expected;
  if (frame.width === width && frame.height === height && frame.rgb.length === width * height * 3) return;
  throw new ArmatureError('E_CAMERA_SIZE', `the image of camera "${name}" has another size than the policy sees`, {
    expected: `${width}x${height}, ${width * height * 3} bytes`,
    found: `${frame.width}x${frame.height}, ${frame.rgb.length} bytes`,
    remedy: 'Correct the size of the camera in robot.yaml, or let the driver scale to it.',
  });
}
