import type { Agent, AgentDecision } from '../core/agent.ts';
import type { Observation } from '../core/observation.ts';
import type { RobotSpec } from '../robot/robot-spec.ts';

export interface PoseAgentOptions {
  /** Where to go, rad, shape (J). */
  readonly poseRad: ArrayLike<number>;
  /** Speed of the joint that has furthest to go, rad/s; default 0.5. */
  readonly speedRadPerS?: number | undefined;
}

/** So near, the rest is one step, rad. */
const ARRIVAL_RAD = 0.002;

/** Takes the arm to a pose, all joints in a straight line, and keeps it there: home, rest. */
export class PoseAgent implements Agent {
  readonly name = 'pose';
  readonly #poseRad: Float64Array;
  readonly #stepRad: number;

  constructor(robot: RobotSpec, { poseRad, speedRadPerS = 0.5 }: PoseAgentOptions) {
    this.#poseRad = Float64Array.from(poseRad);
    this.#stepRad = speedRadPerS / robot.rates.controlHz;
  }

  reset(): Promise<void> {
    return Promise.resolve();
  }

  act({ commandRad, timeNs }: Observation): Promise<AgentDecision> {
    const gapRad = this.#poseRad.map((goal, joint) => goal - (commandRad[joint] ?? goal));
    const furthestRad = Math.max(...gapRad.map(Math.abs));
    // Half of what is left per tick slows the arm down before it arrives.
    const stepRad = Math.min(this.#stepRad, furthestRad / 2);
    const share = furthestRad <= ARRIVAL_RAD ? 1 : stepRad / furthestRad;
    // At the end the pose itself, which command + gap need not be in floating point.
    const positionsRad =
      share === 1 ? this.#poseRad.slice() : gapRad.map((gap, joint) => (commandRad[joint] ?? 0) + share * gap);
    return Promise.resolve({ target: { positionsRad, createdNs: timeNs, observedNs: timeNs }, computeNs: 0 });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
