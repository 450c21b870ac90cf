import { MessageRefused, timeNs } from '../rosbridge/message-codec.ts';
import type { RosMessage, RosTime } from '../rosbridge/message-codec.ts';

/** A knot of a trajectory; values in rad, rad/s, rad/s2 in joint order of the controller. */
export interface TrajectoryPoint {
  /** From the start of the trajectory. */
  readonly timeNs: number;
  readonly positions: readonly number[];
  readonly velocities: readonly number[] | undefined;
  readonly accelerations: readonly number[] | undefined;
}

export interface TrajectoryRules {
  /** ROS names, order of the controller. */
  readonly joints: readonly string[];
  /** joint_trajectory_controller's allow_nonzero_velocity_at_trajectory_end. */
  readonly allowsVelocityAtEnd: boolean;
}

/** A trajectory that fits a controller, and when it starts on the controller's clock. */
export interface Trajectory {
  readonly points: readonly TrajectoryPoint[];
  /** Of the header, ns of ROS time; 0: at once. */
  readonly startNs: number;
}

const STILL_RAD_PER_S = 1e-5;

/**
 * Reads a trajectory_msgs/JointTrajectory as joint_trajectory_controller does. Throws MessageRefused with the reason it
 * gives. An empty trajectory has no points: the controller then holds.
 * @param nowNs ROS time
 */
export function readTrajectory(message: RosMessage, rules: TrajectoryRules, nowNs: number): Trajectory {
  const { joints, allowsVelocityAtEnd } = rules;
  const names = message['joint_names'] as string[];
  const points = message['points'] as RosMessage[];
  const startNs = timeNs((message['header'] as RosMessage)['stamp'] as RosTime);
  if (points.length === 0) return { points: [], startNs: 0 };
  if (names.length === 0) throw new MessageRefused('Empty joint names on incoming trajectory.');
  const order = joints.map((joint) => names.indexOf(joint));
  const unknown = names.find((name) => !joints.includes(name));
  if (unknown !== undefined)
    throw new MessageRefused(`Incoming joint ${unknown} doesn't match the controller's joints.`);
  if (order.includes(-1)) throw new MessageRefused("Joints on incoming trajectory don't match the controller joints.");
  const read = points.map((point) => readPoint(point, order));
  read.forEach(({ timeNs: at }, index) => {
    const before = read[index - 1]?.timeNs ?? -1;
    if (at <= before)
      throw new MessageRefused(`Time between points ${index - 1} and ${index} is not strictly increasing.`);
  });
  const last = read.at(-1);
  const moving = last?.velocities?.findIndex((velocity) => Math.abs(velocity) > STILL_RAD_PER_S) ?? -1;
  if (moving >= 0 && !allowsVelocityAtEnd)
    throw new MessageRefused(`Velocity of last trajectory point of joint ${joints[moving]} is not zero.`);
  if (startNs > 0 && startNs + (last?.timeNs ?? 0) < nowNs)
    throw new MessageRefused('Received trajectory with non-zero start time that ends in the past.');
  return { points: read, startNs };
}

function readPoint(point: RosMessage, order: readonly number[]): TrajectoryPoint {
  const values = (field: string): number[] | undefined => {
    const given = point[field] as number[];
    if (given.length === 0) return undefined;
    if (given.length !== order.length)
      throw new MessageRefused(`Mismatch between joint_names size (${order.length}) and ${field} (${given.length}).`);
    return order.map((at) => given[at] ?? NaN);
  };
  const positions = values('positions');
  if (positions === undefined) throw new MessageRefused('The trajectory has a point without positions.');
  return {
    timeNs: timeNs(point['time_from_start'] as RosTime),
    positions,
    velocities: values('velocities'),
    accelerations: values('accelerations'),
  };
}

/**
 * Position of each joint between two knots: linear from positions alone, cubic where both have velocities, quintic where
 * both have accelerations too.
 */
export function interpolate(from: TrajectoryPoint, to: TrajectoryPoint, atNs: number): number[] {
  const durationS = (to.timeNs - from.timeNs) / 1e9;
  const time = durationS <= 0 ? 1 : Math.min(1, Math.max(0, (atNs - from.timeNs) / 1e9 / durationS));
  return to.positions.map((end, joint) => {
    const start = from.positions[joint] ?? end;
    const velocity = [from.velocities?.[joint], to.velocities?.[joint]].map((value) => (value ?? NaN) * durationS);
    const acceleration = [from.accelerations?.[joint], to.accelerations?.[joint]].map(
      (value) => (value ?? NaN) * durationS ** 2,
    );
    const [v0 = NaN, v1 = NaN] = velocity;
    const [a0 = NaN, a1 = NaN] = acceleration;
    const distance = end - start;
    if (Number.isNaN(v0 + v1)) return start + distance * time;
    if (Number.isNaN(a0 + a1)) {
      return start + v0 * time + (3 * distance - 2 * v0 - v1) * time ** 2 + (v0 + v1 - 2 * distance) * time ** 3;
    }
    const third = 10 * distance - 6 * v0 - 4 * v1 - 1.5 * a0 + 0.5 * a1;
    const fourth = -15 * distance + 8 * v0 + 7 * v1 + 1.5 * a0 - a1;
    const fifth = 6 * distance - 3 * v0 - 3 * v1 - 0.5 * a0 + 0.5 * a1;
    return start + v0 * time + (a0 / 2) * time ** 2 + third * time ** 3 + fourth * time ** 4 + fifth * time ** 5;
  });
}

/** Where a trajectory is at a time since its start; before its first knot on the way from `before`. */
export function sampleTrajectory({ points }: Trajectory, before: TrajectoryPoint, atNs: number): readonly number[] {
  const next = points.findIndex((point) => point.timeNs >= atNs);
  const to = points[next];
  if (to === undefined) return points.at(-1)?.positions ?? before.positions;
  return interpolate(next === 0 ? before : (points[next - 1] ?? before), to, atNs);
}
