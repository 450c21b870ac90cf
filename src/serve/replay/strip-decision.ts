import type { CameraFrame, Observation, Sampled } from '../../core/observation.ts';
import type { KnownStrips } from './known-robot.ts';
import type { Decision } from './replay-messages.ts';

type Cameras = KnownStrips['reader']['layout']['spec']['cameras'];

/** What is known afterwards of a moment at which a policy was asked. Shapes (J). */
export interface SeenMoment {
  readonly tick: number;
  /** Monotonic, ns. */
  readonly timeNs: number;
  /** Empty where it was not kept. */
  readonly instruction: string;
  /** The last command before it, rad. */
  readonly commandRad: ArrayLike<number>;
  readonly positionsRad: ArrayLike<number>;
  readonly velocitiesRadPerS: ArrayLike<number>;
  readonly effortsNm: ArrayLike<number>;
}

export interface MadeDecision {
  /** At which it arrived. */
  readonly row: number;
  readonly actionTokens: readonly number[];
  /** How many of them, the last ones, its deadline cut off. */
  readonly keptJoints: number;
}

/**
 * The tokens of a decision, made again from what was kept; undefined where a number of it is none. What the pictures showed does not
 * matter: their tokens are shown as how many there are.
 */
export function decisionOf(
  { row, actionTokens, keptJoints }: MadeDecision,
  seen: SeenMoment,
  { reader }: KnownStrips,
): Decision | undefined {
  const observation = observationOf(seen, reader.layout.spec.cameras);
  if (observation === undefined) return undefined;
  const strip = reader.read(observation, {
    target: undefined,
    computeNs: 0,
    trace: { actionTokens, probabilities: [], masked: [] },
  });
  if (strip === undefined) return undefined;
  const { words, images, states, actions } = strip;
  const kept = actions.length - keptJoints;
  return {
    row,
    words,
    images,
    states,
    actions: actions.map(({ joint, id }, index) => ({ joint, id, probability: null, isKept: index >= kept })),
  };
}

function observationOf(seen: SeenMoment, cameras: Cameras): Observation | undefined {
  const { tick, timeNs, instruction } = seen;
  const [positionsRad, velocitiesRadPerS, effortsNm, commandRad] = [
    seen.positionsRad,
    seen.velocitiesRadPerS,
    seen.effortsNm,
    seen.commandRad,
  ].map((values) => Float64Array.from(values)) as [Float64Array, Float64Array, Float64Array, Float64Array];
  if (![positionsRad, velocitiesRadPerS, effortsNm].every((values) => values.every(Number.isFinite))) return undefined;
  return {
    tick,
    timeNs,
    instruction,
    commandRad,
    arm: { value: { positionsRad, velocitiesRadPerS, effortsNm, stampNs: timeNs }, ageNs: 0, fresh: true },
    cameras: new Map(
      cameras.map(({ name, width, height }): [string, Sampled<CameraFrame>] => [
        name,
        {
          value: { camera: name, width, height, rgb: new Uint8Array(width * height * 3), stampNs: timeNs },
          ageNs: 0,
          fresh: true,
        },
      ]),
    ),
  };
}
