import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ArmatureError } from '../../core/errors.ts';
import { describeFeature } from '../../record/check-features.ts';
import { DatasetWriter } from '../../record/dataset-writer.ts';
import { DEFAULT_FEATURES, DATASET_PATHS } from '../../record/format.ts';
import type { Features } from '../../record/format.ts';
import type { RobotSpec } from '../../robot/robot-spec.ts';

/**
 * A new dataset for recordings of a robot, or one that goes on. Throws InvalidFileError where a dataset exists that was
 * not to be resumed or the other way round, and ArmatureError E_DATASET_ROBOT for one of another robot, rate or features.
 */
export async function openRecording(
  directory: string,
  robot: RobotSpec,
  options: { readonly features: Features; readonly resume: boolean },
): Promise<DatasetWriter> {
  const { features, resume } = options;
  const fps = robot.rates.controlHz;
  if (!resume) return DatasetWriter.create({ directory, fps, robotType: robot.name, features });
  if (!existsSync(join(directory, DATASET_PATHS.info))) {
    return DatasetWriter.create({ directory, fps, robotType: robot.name, features });
  }
  const writer = await DatasetWriter.resume(directory);
  const found = describe(writer.features, writer.fps);
  const expected = describe({ ...features, ...DEFAULT_FEATURES }, fps);
  const differing = [...new Set([...Object.keys(found), ...Object.keys(expected)])].filter(
    (name) => found[name] !== expected[name],
  );
  if (differing.length === 0) return writer;
  await writer.close();
  throw new ArmatureError('E_DATASET_ROBOT', `${directory} cannot be continued with these recordings`, {
    expected: differing.map((name) => `${name}: ${expected[name] ?? 'nothing'}`).join('; '),
    found: differing.map((name) => `${name}: ${found[name] ?? 'nothing'}`).join('; '),
    remedy: 'Record with the same robot, rate, cameras and options as before, or into another folder.',
  });
}

/** What makes two features the same, by name. */
function describe(features: Features, fps: number): Record<string, string> {
  const described = Object.entries(features).map(([name, feature]) => {
    const { dtype, shape } = describeFeature(feature, fps);
    return [name, `${dtype} ${shape.join(' x ')} at ${fps} a second`] as const;
  });
  return Object.fromEntries(described);
}
