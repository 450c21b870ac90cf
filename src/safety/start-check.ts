import { NS_PER_MS } from '../core/clock.ts';
import { ArmatureError } from '../core/errors.ts';
import type { ArmState } from '../core/observation.ts';
import type { RobotSpec } from '../robot/robot-spec.ts';
import { at } from './joint-limits.ts';

/** A joint that moves faster than this share of its velocity limit is not at rest: above the noise of encoders. */
const REST_SHARE = 0.05;

/**
 * Whether an arm may be armed where it is, as measured: recently, whole, at rest, inside its hard range but for
 * `monitors.positionToleranceRad`. Gives the position to start from, rad, inside the range.
 * Throws ArmatureError E_CANNOT_ARM, which names robot and joint.
 */
export function checkStart(measured: ArmState, robot: RobotSpec, nowNs: number): Float64Array {
  const { positionsRad, velocitiesRadPerS, effortsNm, stampNs } = measured;
  const { joints, timeouts } = robot;
  const ageMs = Math.abs(nowNs - stampNs) / NS_PER_MS;
  if (!(ageMs <= timeouts.sensorMs)) {
    throw cannotArm(robot, `a joint state at most ${timeouts.sensorMs} ms from now`, `one ${ageMs.toFixed(1)} ms away`);
  }
  for (const [what, values] of Object.entries({
    positions: positionsRad,
    velocities: velocitiesRadPerS,
    efforts: effortsNm,
  })) {
    if (values.length !== joints.length) throw cannotArm(robot, `${joints.length} ${what}`, `${values.length}`);
  }
  return positionsRad.map((position, index) => {
    const { name, limits } = joints[index] as RobotSpec['joints'][number];
    const [low, high] = limits.positionRad;
    const tolerance = robot.monitors.positionToleranceRad;
    // Negated throughout so that what is not a number is refused.
    if (!(position >= low - tolerance && position <= high + tolerance)) {
      throw cannotArm(robot, `joint "${name}" between ${low} and ${high} rad`, `${position} rad`);
    }
    const speed = Math.abs(at(velocitiesRadPerS, index));
    const rest = REST_SHARE * limits.velocityRadPerS;
    if (!(speed <= rest)) throw cannotArm(robot, `joint "${name}" at rest, below ${rest} rad/s`, `${speed} rad/s`);
    return Math.min(Math.max(position, low), high);
  });
}

export function cannotArm(robot: RobotSpec, expected: string, found: string, remedy?: string): ArmatureError {
  return new ArmatureError('E_CANNOT_ARM', `robot "${robot.name}" is not in a state to be armed`, {
    expected,
    found,
    remedy:
      remedy ??
      `See ${robot.directory}/robot.yaml. Check the calibration, move the arm into its range by hand, let go of it, and arm again.`,
  });
}
