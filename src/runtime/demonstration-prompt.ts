import { encodeAction } from '../actions/action-codec.ts';
import { sampledNow } from '../core/observation.ts';
import type { Observation } from '../core/observation.ts';
import { ArmatureError } from '../core/errors.ts';
import type { LoadedPolicy } from '../policy/load-policy.ts';
import { promptSteps } from '../policy/prompt.ts';
import type { DemonstratedStep } from '../policy/prompt.ts';
import { checkDatasetFitsRobot } from '../record/check-fit.ts';
import { DatasetReader } from '../record/dataset-reader.ts';
import type { NumericValues } from '../record/dataset-reader.ts';
import type { RobotSpec } from '../robot/robot-spec.ts';
import type { JointStateName } from '../tokens/layout-spec.ts';
import { encodeObservation } from '../tokens/token-frame.ts';
import { pictureFeature } from './recording/recorded-features.ts';

/** A recorded episode that a policy is to begin with. */
export interface PromptSource {
  /** Folder of a LeRobotDataset v3.0. */
  readonly dataset: string;
  /** Counted from 0. */
  readonly episode: number;
}

const SENT = 'action';
const MEASURED = 'observation.state';
/** Not in every dataset; the measured position stands for it, as in training. */
const COMMAND = 'observation.command';
const STATES: Readonly<Record<JointStateName, string>> = {
  positions: MEASURED,
  velocities: 'observation.velocity',
  efforts: 'observation.effort',
};

/**
 * The first control ticks of a recorded episode in tokens of a policy, as training makes them, as many as the policy can be
 * prompted with. Throws E_NO_PROMPT, E_DATASET_ROBOT for other joints or units, E_CONTROL_RATE for another rate,
 * UnknownNameError for an episode, camera or state that was not recorded, InvalidFileError, and what encoding throws.
 */
export async function loadPrompt(
  policy: LoadedPolicy,
  robot: RobotSpec,
  source: PromptSource,
): Promise<DemonstratedStep[]> {
  const { layout, manifest } = policy;
  const most = promptSteps(policy);
  const reader = await DatasetReader.open(source.dataset);
  checkDatasetFitsRobot(reader.info, robot);
  if (reader.info.fps !== manifest.controlHz) throw rateError(policy, source, reader.info.fps);
  const states = layout.spec.state.flatMap((modality) =>
    modality.codec === 'linear-values' ? [] : [STATES[modality.name]],
  );
  const optional = COMMAND in reader.info.features ? [COMMAND] : [];
  const names = [...new Set([SENT, MEASURED, ...states, ...optional])];
  const { columns, tasks } = await reader.readEpisode(source.episode, names);
  const pictures = await readCameras(policy, reader, source.episode);
  return tasks.slice(0, most).map((instruction, row) => {
    const at = (name: string): Float64Array => rowOf(columns[name], row, layout.joints);
    const measured = at(MEASURED);
    const commandRad = COMMAND in columns ? at(COMMAND) : measured;
    const optionalState = (name: string): Float64Array =>
      name in columns ? at(name) : new Float64Array(layout.joints);
    const velocitiesRadPerS = optionalState(STATES.velocities);
    const effortsNm = optionalState(STATES.efforts);
    const observation: Observation = {
      tick: row,
      timeNs: 0,
      instruction,
      arm: sampledNow({ positionsRad: measured, velocitiesRadPerS, effortsNm, stampNs: 0 }),
      commandRad,
      cameras: new Map(
        pictures.map(({ name, width, height, rgbOf }) => [
          name,
          sampledNow({ camera: name, width, height, rgb: rgbOf(row), stampNs: 0 }),
        ]),
      ),
    };
    const { ids } = encodeAction(layout.spec, at(SENT), commandRad);
    return { frame: encodeObservation(layout, observation), actionTokens: [...ids] };
  });
}

interface RecordedPictures {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  /** Shape (height, width, 3), of a row. */
  readonly rgbOf: (row: number) => Uint8Array;
}

/** What the policy's cameras saw; a goal is what its camera saw last, as in training. */
function readCameras({ layout }: LoadedPolicy, reader: DatasetReader, episode: number): Promise<RecordedPictures[]> {
  return Promise.all(
    layout.spec.cameras.map(async ({ name, goalOf }) => {
      const feature = pictureFeature(goalOf ?? name);
      const pictures = await reader.readPictures(episode, feature);
      const [height = 0, width = 0] = reader.info.features[feature]?.shape ?? [];
      const rgbOf = (row: number): Uint8Array =>
        (goalOf === undefined ? pictures[row] : pictures.at(-1)) ?? new Uint8Array(0);
      return { name, width, height, rgbOf };
    }),
  );
}

function rowOf(values: NumericValues | undefined, row: number, width: number): Float64Array {
  return Float64Array.from(values?.subarray(row * width, (row + 1) * width) ?? []);
}

function rateError({ manifest }: LoadedPolicy, { dataset }: PromptSource, fps: number): ArmatureError {
  return new ArmatureError('E_CONTROL_RATE', `${dataset} cannot prompt policy "${manifest.name}"`, {
    expected: `${manifest.controlHz} rows a second`,
    found: String(fps),
    remedy: 'Use a dataset recorded at the rate the policy was trained at.',
  });
}
