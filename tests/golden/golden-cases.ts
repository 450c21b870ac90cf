import { createHash } from 'node:crypto';
import { decodeActions, encodeAction } from '../../src/actions/action-codec.ts';
import type { CameraFrame, Observation, Sampled } from '../../src/core/observation.ts';
import { Rng } from '../../src/core/rng.ts';
import { createLayout } from '../../src/tokens/layout.ts';
import type { StepLayout } from '../../src/tokens/layout.ts';
import type { LayoutSpec } from '../../src/tokens/layout-spec.ts';
import { encodeObservation } from '../../src/tokens/token-frame.ts';

/** Inputs of one frame, as the golden files hold them: rad, rad/s, Nm, shape (J). */
export interface GoldenInput {
  readonly instruction: string;
  readonly positionsRad: readonly number[];
  readonly velocitiesRadPerS: readonly number[];
  readonly effortsNm: readonly number[];
  readonly commandRad: readonly number[];
  readonly targetRad: readonly number[];
  /** Of the pixels: see pixelsOf. */
  readonly imageSeed: number;
}

/** Byte number i of an image is the top byte of (i + seed) * 2654435761 mod 2^32. */
function pixelsOf(seed: number, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => Math.imul(index + seed, 2654435761) >>> 24);
}

export function observationOf(input: GoldenInput, spec: LayoutSpec): Observation {
  const stamps = { ageNs: 0, fresh: true };
  const cameras = new Map<string, Sampled<CameraFrame>>();
  for (const [index, { name, width, height }] of spec.cameras.entries()) {
    const rgb = pixelsOf(input.imageSeed + index * 1000, width * height * 3);
    cameras.set(name, { ...stamps, value: { camera: name, width, height, rgb, stampNs: 0 } });
  }
  const arm = {
    positionsRad: Float64Array.from(input.positionsRad),
    velocitiesRadPerS: Float64Array.from(input.velocitiesRadPerS),
    effortsNm: Float64Array.from(input.effortsNm),
    stampNs: 0,
  };
  return {
    tick: 0,
    timeNs: 0,
    instruction: input.instruction,
    arm: { ...stamps, value: arm },
    commandRad: Float64Array.from(input.commandRad),
    cameras,
  };
}

/** Seeded inputs: at rest, at and beyond the edges of the ranges, and anywhere within. */
export function goldenInputs(joints: number): GoldenInput[] {
  const rng = new Rng(20220512);
  const draw = (scale: number): number[] => Array.from({ length: joints }, () => rng.uniform(-scale, scale));
  const all = (value: number): number[] => Array<number>(joints).fill(value);
  const inputs: GoldenInput[] = [
    frame('', [all(0), all(0), all(0), all(0), all(0)], 1),
    frame('Pick up the RED cube!', [all(-4), all(-300), all(256), all(0.5), all(0.62)], 2),
    frame('push, the cube to\tthe target.', [all(4), all(1e6), all(-1), all(-0.5), all(-0.62)], 3),
  ];
  for (let seed = 4; seed < 10; seed += 1) {
    const command = draw(1.6);
    const target = draw(0.14).map((delta, joint) => (command[joint] ?? 0) + delta);
    inputs.push(frame('reach the blue target', [draw(1.8), draw(5), draw(3), command, target], seed));
  }
  return inputs;
}

function frame(instruction: string, values: readonly number[][], imageSeed: number): GoldenInput {
  const [positionsRad = [], velocitiesRadPerS = [], effortsNm = [], commandRad = [], targetRad = []] = values;
  return { instruction, positionsRad, velocitiesRadPerS, effortsNm, commandRad, targetRad, imageSeed };
}

/** Everything a golden file says about one frame. */
function goldenFrame(layout: StepLayout, input: GoldenInput): object {
  const { textIds, stateIds, patches } = encodeObservation(layout, observationOf(input, layout.spec));
  const action = encodeAction(layout.spec, input.targetRad, input.commandRad);
  const targets = decodeActions(layout.spec, action.ids, input.commandRad, input.positionsRad);
  const bytes = new Uint8Array(patches.buffer, patches.byteOffset, patches.byteLength);
  return {
    input,
    textIds: [...textIds],
    stateIds: [...stateIds],
    /** Of the little-endian float32 values. */
    patchesSha256: createHash('sha256').update(bytes).digest('hex'),
    firstPatchValues: [...patches.subarray(0, 6)],
    actionIds: [...action.ids],
    actionClips: action.clips,
    decodedRad: [...targets],
  };
}

/** The content of one golden file: a layout spec, its tables, and frames through it. */
export function goldenFile(spec: LayoutSpec): object {
  const layout = createLayout(spec);
  const { patchPositions } = layout;
  return {
    tokens: spec,
    layout: {
      segments: layout.segments,
      textTokens: layout.textTokens,
      patches: layout.patches,
      stateTokens: layout.stateTokens,
      observationPositions: layout.observationPositions,
      actionTokens: layout.actionTokens,
      positionsPerStep: layout.positionsPerStep,
      tokensPerStep: layout.tokensPerStep,
      tokenPositions: [...layout.tokenPositions],
      localPositions: [...layout.localPositions],
      patchPositions: Object.fromEntries(Object.entries(patchPositions).map(([name, table]) => [name, [...table]])),
    },
    frames: goldenInputs(layout.joints).map((input) => goldenFrame(layout, input)),
  };
}
