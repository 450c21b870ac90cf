import { serialProblems } from './serial-spec.ts';
import type { JointSpec, RobotSpec } from './robot-spec.ts';
import { rosProblems } from './ros-spec.ts';

/** No joint turns so far; degrees do, rad. */
const LARGEST_POSITION_RAD = 4 * Math.PI;
/** No joint of an arm turns so fast; degrees per second do, rad/s. */
const LARGEST_VELOCITY_RAD_PER_S = 25;

/**
 * What the entries of a description say against each other, and values that are none of the unit in their name.
 * Empty for a robot that may be armed; each problem names its joint or entry.
 */
export function robotProblems(robot: Omit<RobotSpec, 'directory'>): string[] {
  return [
    ...nameProblems(robot),
    ...robot.joints.flatMap((joint) => limitProblems(joint)),
    ...poseProblems(robot),
    ...rateProblems(robot),
    ...spaceProblems(robot),
    ...busProblems(robot),
    ...(robot.drivers.ros === undefined ? [] : rosProblems(robot, robot.drivers.ros)),
  ];
}

function nameProblems({ joints, gripper }: Omit<RobotSpec, 'directory'>): string[] {
  const names = joints.map((joint) => joint.name);
  const problems: string[] = [];
  for (const name of new Set(names)) {
    if (names.filter((other) => other === name).length > 1) problems.push(`two joints are named "${name}"`);
  }
  if (!names.includes(gripper)) problems.push(`gripper "${gripper}" is not a joint; joints are ${names.join(', ')}`);
  return problems;
}

function limitProblems({ name, limits }: JointSpec): string[] {
  const { positionRad, softMarginRad, velocityRadPerS, accelerationRadPerS2, trackingErrorRad } = limits;
  const [low, high] = positionRad;
  const problems: string[] = [];
  const add = (problem: string): number => problems.push(`joint "${name}": ${problem}`);
  const numbers = [low, high, ...Object.values(limits).filter((value) => typeof value === 'number')];
  if (!numbers.every(Number.isFinite)) add('a limit is not a number');
  if (!(low < high)) add(`positionRad begins at ${low} and ends at ${high}`);
  if (Math.max(Math.abs(low), Math.abs(high)) > LARGEST_POSITION_RAD) {
    add(`positionRad reaches ${low} to ${high} rad: are these degrees?`);
  }
  if (velocityRadPerS > LARGEST_VELOCITY_RAD_PER_S) {
    add(`velocityRadPerS is ${velocityRadPerS} rad/s: are these degrees per second?`);
  }
  if (2 * softMarginRad >= high - low) add(`softMarginRad ${softMarginRad} leaves nothing of its range`);
  if (trackingErrorRad > high - low)
    add(`trackingErrorRad ${trackingErrorRad} is more than its range: it would never trip`);
  const stopRad = velocityRadPerS ** 2 / (2 * accelerationRadPerS2);
  if (stopRad > high - low) {
    add(`from ${velocityRadPerS} rad/s it needs ${stopRad.toFixed(2)} rad to stop, more than its range`);
  }
  const curveProblem = curveProblemOf(limits);
  if (curveProblem !== undefined) add(curveProblem);
  return problems;
}

/** What the gate's proof for velocity limits by position asks for; see velocity-curve.ts of safety. */
function curveProblemOf(limits: JointSpec['limits']): string | undefined {
  const { velocityByPosition: curve, positionRad, softMarginRad, jerkRadPerS3 } = limits;
  if (curve === undefined) return undefined;
  const { offsetRadPerS, slopeRadPerS2, endsRad } = curve;
  const leastRad = offsetRadPerS ** 2 / slopeRadPerS2;
  const [below, above] = [positionRad[0] + softMarginRad - endsRad[0], endsRad[1] - positionRad[1] + softMarginRad];
  if (!(Math.min(below, above) > leastRad)) {
    return `velocityByPosition allows no motion nearer than ${leastRad.toFixed(4)} rad to endsRad, which its soft limits reach: widen softMarginRad`;
  }
  return slopeRadPerS2 ** 2 <= 4 * offsetRadPerS * jerkRadPerS3
    ? undefined
    : `velocityByPosition falls faster than jerkRadPerS3 ${jerkRadPerS3} lets it brake`;
}

function poseProblems(robot: Omit<RobotSpec, 'directory'>): string[] {
  const problems: string[] = [];
  for (const pose of ['homeRad', 'restRad'] as const) {
    const { length } = robot[pose];
    if (length !== robot.joints.length) problems.push(`${pose} needs ${robot.joints.length} values, one per joint`);
    robot.joints.forEach((joint, index) => {
      const [low, high] = joint.limits.positionRad;
      const angle = robot[pose][index];
      if (angle !== undefined && !(angle >= low && angle <= high)) {
        problems.push(`${pose} of joint "${joint.name}" is outside its limits`);
      }
    });
  }
  return problems;
}

function rateProblems({ rates, timeouts }: Omit<RobotSpec, 'directory'>): string[] {
  const problems: string[] = [];
  if (!Number.isInteger(rates.gateHz / rates.controlHz)) problems.push('gateHz must be a whole multiple of controlHz');
  if (timeouts.sensorMs < 1000 / rates.stateHz) {
    problems.push(
      `timeouts.sensorMs ${timeouts.sensorMs} is less than the time between two states: are these seconds?`,
    );
  }
  if (timeouts.commandMs < 1000 / rates.controlHz) {
    problems.push(`timeouts.commandMs ${timeouts.commandMs} is less than a control period: are these seconds?`);
  }
  return problems;
}

function spaceProblems(robot: Omit<RobotSpec, 'directory'>): string[] {
  const { keepOut, tableHeightM, fingers } = robot.space;
  const needsModel = keepOut.length > 0 || tableHeightM !== undefined || fingers.length > 0;
  return needsModel && robot.drivers.sim === undefined
    ? ['space names a table, fingers or keep-out zones, and drivers.sim no model to judge them by']
    : [];
}

function busProblems({ drivers, joints }: Omit<RobotSpec, 'directory'>): string[] {
  if (drivers.serial === undefined) return [];
  return serialProblems(
    drivers.serial,
    joints.map(({ name }) => name),
  );
}
