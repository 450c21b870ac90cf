import { IMAGE_NAMES } from '../../record/format.ts';
import type { FeatureSpec } from '../../record/format.ts';
import type { RobotSpec } from '../../robot/robot-spec.ts';

const PICTURE = 'observation.images.';

/** A camera as it is recorded, which may be larger than as an agent sees it. */
export interface RecordedCamera {
  readonly name: string;
  readonly width: number;
  readonly height: number;
}

export interface RecordingOptions {
  /** Default: the robot's, as an agent sees them. */
  readonly cameras?: readonly RecordedCamera[];
  /** `video`: one file per camera and episode. Default `image`: PNG, without loss. */
  readonly pictures?: 'image' | 'video';
  /** The scene is drawn from a seed, and drawn again for a replay. */
  readonly hasScene?: boolean;
}

/**
 * Features of a recorded run, rad and SI throughout, one row per control tick:
 *
 * | feature                        | shape     | meaning                                                          |
 * |--------------------------------|-----------|------------------------------------------------------------------|
 * | action                         | (J)       | what was sent at the end of the control period, behind the gate  |
 * | action.requested               | (J)       | what the agent asked for in it; the last command where nothing   |
 * | action.decided                 | (1)       | 1 where a decision with a target arrived in the control period   |
 * | intervention                   | (1)       | 1 where it was that of a person in place of a policy             |
 * | observation.state              | (J)       | measured joint positions                                         |
 * | observation.velocity, .effort  | (J)       | measured joint velocities and torques                            |
 * | observation.command            | (J)       | the command sent last before the tick                            |
 * | observation.time               | (1)       | time of the tick since the first one, s; late ticks show here    |
 * | observation.capture_time       | (1 + C)   | when the joint state and each picture was measured, likewise, s; |
 * |                                |           | -1 for nothing yet                                               |
 * | observation.fresh              | (1 + C)   | 1 where it was young enough to act on                            |
 * | observation.repeated           | (C)       | 1 where the picture is that of the row before                    |
 * | observation.images.<camera>    | (H, W, 3) | what the camera saw last                                         |
 * | next.success                   | (1)       | 1 in the last row of an episode that succeeded                   |
 * | scene.seed                     | (1)       | simulated scenes only: what the scene was drawn from             |
 */
export function recordingFeatures(robot: RobotSpec, options: RecordingOptions = {}): Record<string, FeatureSpec> {
  const { cameras = robot.cameras, pictures = 'image', hasScene = false } = options;
  const joints = robot.joints.map(({ name }) => `${name}.pos`);
  const names = cameras.map(({ name }) => name);
  const images = cameras.map(({ name, width, height }): [string, FeatureSpec] => [
    pictureFeature(name),
    { dtype: pictures, shape: [height, width, 3], names: IMAGE_NAMES },
  ]);
  return {
    action: values('rad', joints),
    'action.requested': values('rad', joints),
    'action.decided': values('1', ['decided']),
    intervention: values('1', ['intervention']),
    'observation.state': values('rad', joints),
    'observation.velocity': values('rad/s', joints),
    'observation.effort': values('Nm', joints),
    'observation.command': values('rad', joints),
    'observation.time': values('s', ['time']),
    'observation.capture_time': values('s', ['arm', ...names]),
    'observation.fresh': values('1', ['arm', ...names]),
    ...(names.length === 0 ? {} : { 'observation.repeated': values('1', names) }),
    ...Object.fromEntries(images),
    'next.success': values('1', ['success']),
    ...(hasScene ? { 'scene.seed': { dtype: 'int64', shape: [1], names: ['seed'] } as const } : {}),
  };
}

/** Name of the feature that holds a camera's pictures. */
export function pictureFeature(camera: string): string {
  return `${PICTURE}${camera}`;
}

function values(unit: string, names: readonly string[]): FeatureSpec {
  return { dtype: 'float32', shape: [names.length], names, info: { unit } };
}
