import type { Observation } from '../../src/core/observation.ts';
import type { RobotSpec } from '../../src/robot/robot-spec.ts';
import { makeCameraFrame, makeObservation, makeRobot } from '../../src/testing/index.ts';

const [joint] = makeRobot().joints;
const camera = { name: 'front', width: 64, height: 32, rateHz: 20, timeoutMs: 200 };

/** The robot the tiny policy is for. */
export function tinyRobot(): RobotSpec {
  const joints = ['base', 'elbow', 'gripper'].map((name) => ({ ...(joint as RobotSpec['joints'][number]), name }));
  return makeRobot({ joints, homeRad: [0, 0, 0], restRad: [0, 0, 0], cameras: [camera] });
}

/** What the tiny policy can look at. */
export function tinyObservation(changes: Partial<Observation> = {}): Observation {
  const value = { ...makeCameraFrame('front'), width: 64, height: 32, rgb: new Uint8Array(64 * 32 * 3).fill(90) };
  const cameras = new Map([['front', { value, ageNs: 0, fresh: true }]]);
  return makeObservation([0.1, -0.2, 0.3], { instruction: 'put the red cube', timeNs: 42, cameras, ...changes });
}
