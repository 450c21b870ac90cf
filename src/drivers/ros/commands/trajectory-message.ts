import { NS_PER_S } from '../../../core/clock.ts';
import { toRosNumbers, toRosTime } from '../messages.ts';
import type { RosVersion } from '../message-types.ts';
import type { CommandedJoint } from './command-sender.ts';

/** A point of a trajectory, in the order of the controller. */
export interface TrajectoryPoint {
  readonly positionsRad: readonly number[];
  readonly velocitiesRadPerS: readonly number[];
  /** From the arrival of the trajectory on, s. */
  readonly timeS: number;
}

/** trajectory_msgs/JointTrajectory that begins when it arrives; without points it tells the controller to hold. */
export function trajectoryMessage(
  version: RosVersion,
  joints: readonly CommandedJoint[],
  points: readonly TrajectoryPoint[],
): unknown {
  return {
    header: { stamp: toRosTime(version, 0), frame_id: '' },
    joint_names: joints.map(({ rosName }) => rosName),
    points: points.map(({ positionsRad, velocitiesRadPerS, timeS }) => ({
      positions: toRosNumbers(positionsRad, 'trajectory'),
      velocities: toRosNumbers(velocitiesRadPerS, 'trajectory'),
      accelerations: [],
      effort: [],
      time_from_start: toRosTime(version, timeS * NS_PER_S),
    })),
  };
}

/**
 * To `positions` with `velocities`, and then to rest on the same way within the limits of the joints: what a controller
 * does when nothing comes any more. Controllers refuse trajectories that do not end at rest.
 */
export function rollingPoints(
  joints: readonly CommandedJoint[],
  positionsRad: readonly number[],
  velocities: readonly number[],
  horizonS: number,
): TrajectoryPoint[] {
  const still = joints.map(() => 0);
  const brakeS = Math.max(
    ...joints.map(({ limits }, joint) => Math.abs(velocities[joint] as number) / limits.accelerationRadPerS2),
  );
  if (!(brakeS > 1e-4)) return [{ positionsRad, velocitiesRadPerS: still, timeS: horizonS }];
  const restRad = joints.map(({ limits }, joint) => {
    const [low, high] = limits.positionRad;
    const rest = (positionsRad[joint] as number) + ((velocities[joint] as number) * brakeS) / 2;
    return Math.min(Math.max(rest, low + limits.softMarginRad), high - limits.softMarginRad);
  });
  return [
    { positionsRad, velocitiesRadPerS: velocities, timeS: horizonS },
    { positionsRad: restRad, velocitiesRadPerS: still, timeS: horizonS + brakeS },
  ];
}
