import type { RobotSpec } from '../../src/robot/robot-spec.ts';
import { makeRobot } from '../../src/testing/index.ts';

interface Invented {
  readonly name: string;
  readonly gateHz: number;
  readonly ranges: readonly (readonly [number, number])[];
  readonly velocity: number;
  readonly acceleration: number;
  readonly jerk: number;
  readonly softMargin: number;
  /** Constants of the velocity limit by position; its ends lie so far beyond the range. */
  readonly curve?: { readonly offset: number; readonly slope: number; readonly beyond: number };
}

/**
 * Robots that differ from those that ship in what matters to the gate: fast and slow loops, jerk so high that it
 * hardly counts and so low that it rules, ranges too short to get up to speed, rails in metres, velocity limits by position
 * that ask for braking below and above the acceleration limit, with as little jerk as is allowed.
 */
const INVENTED: readonly Invented[] = [
  {
    name: 'fast-loop',
    gateHz: 1000,
    ranges: symmetric(7, 2.8),
    velocity: 2.6,
    acceleration: 10,
    jerk: 5000,
    softMargin: 0.02,
  },
  {
    name: 'soft-start',
    gateHz: 50,
    ranges: symmetric(3, 1.5),
    velocity: 2,
    acceleration: 8,
    jerk: 20,
    softMargin: 0.1,
  },
  { name: 'stiff', gateHz: 100, ranges: symmetric(2, 3), velocity: 6, acceleration: 40, jerk: 1e6, softMargin: 0 },
  {
    name: 'short-strokes',
    gateHz: 125,
    ranges: [
      [0, 0.04],
      [-0.002, 0.002],
    ],
    velocity: 0.08,
    acceleration: 20,
    jerk: 800,
    softMargin: 0.0005,
  },
  {
    name: 'rails',
    gateHz: 250,
    ranges: [
      [5, 6.2],
      [-3, -1],
    ],
    velocity: 0.5,
    acceleration: 2,
    jerk: 15,
    softMargin: 0.01,
  },
  {
    name: 'slow-ends',
    gateHz: 250,
    ranges: symmetric(3, 2.8),
    velocity: 2.6,
    acceleration: 10,
    jerk: 5000,
    softMargin: 0.03,
    curve: { offset: 0.3, slope: 12, beyond: 0.006 },
  },
  {
    name: 'steep-ends',
    gateHz: 100,
    ranges: symmetric(2, 1),
    velocity: 5,
    acceleration: 12,
    jerk: 450,
    softMargin: 0.05,
    curve: { offset: 0.5, slope: 30, beyond: 0 },
  },
];

function symmetric(count: number, end: number): readonly (readonly [number, number])[] {
  return Array.from({ length: count }, (_, joint) => [-end + 0.1 * joint, end] as const);
}

export const inventedRobots: readonly RobotSpec[] = INVENTED.map((invented) => {
  const [template] = makeRobot().joints;
  if (template === undefined) throw new Error('the robot of the tests has joints');
  const middles = invented.ranges.map(([low, high]) => (low + high) / 2);
  return makeRobot({
    name: invented.name,
    joints: invented.ranges.map(([low, high], joint) => ({
      ...template,
      name: `joint-${joint}`,
      limits: {
        ...template.limits,
        positionRad: [low, high],
        softMarginRad: invented.softMargin,
        trackingErrorRad: (high - low) / 4,
        // No two joints alike, so that the arm must slow down for one of them.
        velocityRadPerS: invented.velocity * (1 + 0.2 * joint),
        accelerationRadPerS2: invented.acceleration * (1 + 0.3 * (joint % 2)),
        jerkRadPerS3: invented.jerk * (1 + 0.1 * joint),
        velocityByPosition: invented.curve && {
          offsetRadPerS: invented.curve.offset,
          slopeRadPerS2: invented.curve.slope,
          endsRad: [low - invented.curve.beyond, high + invented.curve.beyond],
        },
      },
    })),
    gripper: 'joint-0',
    homeRad: middles,
    restRad: middles,
    rates: { controlHz: invented.gateHz / 5, gateHz: invented.gateHz, stateHz: invented.gateHz },
  });
});
