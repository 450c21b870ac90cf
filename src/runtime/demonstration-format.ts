import type { FeatureSpec } from '../record/format.ts';
import type { EpisodeFrames } from '../record/episode-input.ts';
import { encodePictures } from '../record/episode-input.ts';
import type { RobotSpec } from '../robot/robot-spec.ts';
import { privilegedNames } from '../sim/privileged-state.ts';
import type { DemonstrationFrame } from './demonstration-agent.ts';

const PICTURE = 'observation.images.';

/**
 * Features of a demonstration dataset, rad and SI throughout, one row per control tick:
 *
 * | feature                        | shape     | meaning                                                     |
 * |--------------------------------|-----------|-------------------------------------------------------------|
 * | action                         | (J)       | the expert's joint target for the next control period       |
 * | action.executed                | (J)       | the target that was executed: perturbed, or a policy's      |
 * | observation.state              | (J)       | measured joint positions                                    |
 * | observation.velocity, .effort  | (J)       | measured joint velocities and torques                       |
 * | observation.command            | (J)       | the command sent last before the tick                       |
 * | observation.environment_state  | (K)       | privileged: auxiliary training targets, never a policy input|
 * | observation.images.<camera>    | (H, W, 3) | what the camera saw                                         |
 */
export function demonstrationFeatures(robot: RobotSpec): Record<string, FeatureSpec> {
  const names = robot.joints.map((joint) => `${joint.name}.pos`);
  const privileged = privilegedNames(robot);
  const joints = (unit: string): FeatureSpec => ({ dtype: 'float32', shape: [names.length], names, info: { unit } });
  const pictures = robot.cameras.map(({ name, width, height }): [string, FeatureSpec] => [
    `${PICTURE}${name}`,
    { dtype: 'image', shape: [height, width, 3], names: ['height', 'width', 'channels'] },
  ]);
  return {
    action: joints('rad'),
    'action.executed': joints('rad'),
    'observation.state': joints('rad'),
    'observation.velocity': joints('rad/s'),
    'observation.effort': joints('Nm'),
    'observation.command': joints('rad'),
    'observation.environment_state': {
      dtype: 'float32',
      shape: [privileged.length],
      names: privileged,
    },
    ...Object.fromEntries(pictures),
  };
}

/** Columns of one episode, its pictures encoded, so that worker threads share that work. */
export function demonstrationColumns(robot: RobotSpec, frames: readonly DemonstrationFrame[]): EpisodeFrames {
  const features = demonstrationFeatures(robot);
  const pictures = robot.cameras.map(({ name }) => {
    const feature = `${PICTURE}${name}`;
    const images = frames.map(({ observation }) => observation.cameras.get(name)?.value.rgb ?? new Uint8Array());
    return [feature, encodePictures(feature, features[feature] as FeatureSpec, images)] as const;
  });
  return {
    action: frames.map((frame) => frame.expertRad),
    'action.executed': frames.map((frame) => frame.executedRad),
    'observation.state': frames.map((frame) => frame.observation.arm.value.positionsRad),
    'observation.velocity': frames.map((frame) => frame.observation.arm.value.velocitiesRadPerS),
    'observation.effort': frames.map((frame) => frame.observation.arm.value.effortsNm),
    'observation.command': frames.map((frame) => frame.observation.commandRad),
    'observation.environment_state': frames.map((frame) => frame.privileged),
    ...Object.fromEntries(pictures),
  };
}
