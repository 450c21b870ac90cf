import type { Rng } from '../../../src/core/rng.ts';
import type { RobotSpec } from '../../../src/robot/robot-spec.ts';

/** A pose anywhere in the range of the joints, rad. */
export function drawPose(robot: RobotSpec, rng: Rng): Float64Array {
  return Float64Array.from(
    robot.joints,
    ({
      limits: {
        positionRad: [low, high],
      },
    }) => rng.uniform(low, high),
  );
}

/** The robot with a box and a ball in its reach where it must not be. */
export function guardedRobot(robot: RobotSpec): RobotSpec {
  return {
    ...robot,
    space: {
      ...robot.space,
      sceneClearanceM: { minimum: 0.01, slow: 0.04 },
      keepOut: [
        { name: 'the post', box: { centreM: [0.2, 0.2, 0.15], halfSizesM: [0.03, 0.03, 0.15] } },
        { name: 'the lamp', sphere: { centreM: [0.15, -0.22, 0.25], radiusM: 0.05 } },
      ],
    },
  };
}
