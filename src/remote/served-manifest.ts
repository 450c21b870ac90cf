import type { RobotSpec } from '../robot/robot-spec.ts';
import { remoteManifestSchema } from './remote-manifest.ts';
import type { RemoteManifest, RemoteState } from './remote-manifest.ts';

export interface ServedPolicy {
  readonly name: string;
  readonly description: string;
  readonly controlHz: number;
  /** Names of the cameras it looks through, in the sizes of the robot. */
  readonly cameras: readonly string[];
  /** What it is told of the joints, besides the position. */
  readonly quantities: readonly Exclude<RemoteState['quantity'], 'position'>[];
}

const KEY_OF: Record<RemoteState['quantity'], string> = {
  position: 'observation/state',
  velocity: 'observation/velocity',
  effort: 'observation/effort',
  command: 'observation/command',
};

/** How others use a policy that is served here: joints in rad and the robot's order, one row an answer. */
export function servedManifest(
  robot: RobotSpec,
  policy: ServedPolicy,
  server: RemoteManifest['server'],
): RemoteManifest {
  const joints = robot.joints.map(({ name }) => name);
  const inRad = joints.map((joint) => ({ joint, unit: 'rad' }));
  return remoteManifestSchema.parse({
    formatVersion: 1,
    name: policy.name,
    family: 'remote',
    description: policy.description,
    robot: robot.name,
    joints,
    controlHz: policy.controlHz,
    server,
    observation: {
      images: robot.cameras
        .filter(({ name }) => policy.cameras.includes(name))
        .map(({ name, width, height }) => ({ camera: name, key: `observation/image/${name}`, width, height })),
      states: (['position', ...policy.quantities] as const).map((quantity) => ({
        key: KEY_OF[quantity],
        quantity,
        joints: inRad,
      })),
      instruction: 'prompt',
      seed: 'seed',
    },
    actions: { steps: 1, execute: 1, columns: inRad },
  });
}
