import type { JointTarget } from '../core/action.ts';
import { sampledNow } from '../core/observation.ts';
import type { ArmState, CameraFrame, Observation } from '../core/observation.ts';
import type { RobotSpec } from '../robot/robot-spec.ts';
import { spaceSchema } from '../robot/space-spec.ts';

/** A small arm: two joints that differ in every limit, one camera; replace what a test is about. */
export function makeRobot(changes: Partial<RobotSpec> = {}): RobotSpec {
  const shoulder = { positionRad: [-1.5, 1.5] as [number, number], softMarginRad: 0.05, velocityRadPerS: 2 };
  const gripper = { positionRad: [-0.2, 1.2] as [number, number], softMarginRad: 0, velocityRadPerS: 4 };
  return {
    name: 'two-joint',
    description: 'A shoulder and a gripper',
    joints: [
      {
        name: 'shoulder',
        limits: { ...shoulder, accelerationRadPerS2: 20, jerkRadPerS3: 1000, effortNm: 3, trackingErrorRad: 0.3 },
      },
      {
        name: 'gripper',
        limits: { ...gripper, accelerationRadPerS2: 60, jerkRadPerS3: 3000, effortNm: 2, trackingErrorRad: 1.4 },
      },
    ],
    gripper: 'gripper',
    homeRad: [0, 0.5],
    restRad: [0, 0],
    cameras: [{ name: 'front', width: 4, height: 4, rateHz: 20, timeoutMs: 200 }],
    workspaceM: { low: [-1, -1, -1], high: [1, 1, 1] },
    space: spaceSchema.parse({}),
    rates: { controlHz: 20, gateHz: 100, stateHz: 100 },
    timeouts: { sensorMs: 100, commandMs: 200, resumeMs: 2000 },
    monitors: {
      tracking: { forMs: 200 },
      velocity: { factor: 1.2, forMs: 50 },
      effort: { factor: 1.1, forMs: 100 },
      positionToleranceRad: 0.0087,
      impossibleFactor: 5,
      frozen: { forMs: 200, commandedRad: 0.05 },
      lateTicks: { most: 10, windowMs: 1000 },
      health: { currentA: 2, temperatureC: 60, voltageV: [5, 13], forMs: 100 },
    },
    drivers: { mirror: {} },
    stopCategories: [1, 2],
    directory: '',
    ...changes,
  };
}

/** A joint state at rest. */
export function makeArmState(positionsRad: readonly number[], stampNs = 0): ArmState {
  return {
    positionsRad: Float64Array.from(positionsRad),
    velocitiesRadPerS: new Float64Array(positionsRad.length),
    effortsNm: new Float64Array(positionsRad.length),
    stampNs,
  };
}

/** A frame of one grey level. */
export function makeCameraFrame(
  camera: string,
  options: { size?: number; grey?: number; stampNs?: number } = {},
): CameraFrame {
  const { size = 4, grey = 128, stampNs = 0 } = options;
  return { camera, width: size, height: size, rgb: new Uint8Array(size * size * 3).fill(grey), stampNs };
}

/** A target decided at `timeNs` on what was seen then. */
export function makeTarget(positionsRad: readonly number[], timeNs = 0): JointTarget {
  return { positionsRad: Float64Array.from(positionsRad), createdNs: timeNs, observedNs: timeNs };
}

/** A fresh observation of an arm at `positionsRad`, at time 0; replace what a test is about. */
export function makeObservation(positionsRad: readonly number[], changes: Partial<Observation> = {}): Observation {
  return {
    tick: 0,
    timeNs: 0,
    instruction: 'reach the red cube',
    arm: sampledNow(makeArmState(positionsRad)),
    commandRad: Float64Array.from(positionsRad),
    cameras: new Map([['front', sampledNow(makeCameraFrame('front'))]]),
    ...changes,
  };
}
