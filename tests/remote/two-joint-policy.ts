import { NdArray } from '../../src/remote/ndarray.ts';
import { encodeMessage } from '../../src/remote/messages.ts';
import { remoteManifestSchema } from '../../src/remote/remote-manifest.ts';
import type { RemoteManifest } from '../../src/remote/remote-manifest.ts';

const joints = ['shoulder', 'gripper'];
const inRad = joints.map((joint) => ({ joint, unit: 'rad' }));

/** A policy on a server for makeRobot() of the tests: chunks of `steps` at 20 Hz. */
export function twoJointManifest(
  url: string,
  actions: Partial<RemoteManifest['actions']> = {},
  server: Partial<RemoteManifest['server']> = {},
): RemoteManifest {
  return remoteManifestSchema.parse({
    formatVersion: 1,
    name: 'far',
    family: 'remote',
    description: 'A policy elsewhere',
    robot: 'two-joint',
    joints,
    controlHz: 20,
    server: { url, timeoutMs: 2000, firstTimeoutMs: 5000, ...server },
    observation: {
      images: [{ camera: 'front', key: 'observation/image', width: 4, height: 4 }],
      states: [{ key: 'observation/state', joints: inRad }],
      instruction: 'prompt',
      seed: 'seed',
    },
    actions: { steps: 4, execute: 4, columns: inRad, ...actions },
  });
}

/** An answer whose row r wants the shoulder at `first` + r / 1000 rad, the gripper at 0.5. */
export function chunkFrom(first: number, steps = 4): Uint8Array {
  const rows = Array.from({ length: steps }, (_, row) => [first + row / 1000, 0.5]);
  return encodeMessage({ actions: NdArray.float32(rows.flat(), [steps, 2]), server_timing: { infer_ms: 1.5 } });
}
