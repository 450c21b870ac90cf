import type { Agent, AgentDecision } from '../../core/agent.ts';
import type { Observation } from '../../core/observation.ts';
import type { RobotSpec } from '../../robot/robot-spec.ts';
import { PoseAgent } from '../pose-agent.ts';
import type { Recording } from './recording.ts';

/** Speed of the fastest joint on the way to where the recording begins, rad/s. */
const RAMP_RAD_PER_S = 0.5;
/** An arm that was sent to where the recording begins is there within the steps of its encoders, rad. */
const START_RAD = 0.003;
/** Control periods after the last action, in which the arm catches up with it. */
const SETTLING_PERIODS = 10;

/** Takes the arm slowly to where a recording begins and then asks for what was asked for then, at the same time. */
export class ReplayAgent implements Agent {
  readonly name = 'replay';
  readonly #recording: Recording;
  readonly #startRad: Float64Array;
  readonly #ramp: PoseAgent;
  #startTick: number | undefined;
  /** Whether it was asked for the very pose, and not for a step on the way to it. */
  #isSent = false;
  #tick = 0;

  /** @param robot in whose units and rates the recording is */
  constructor(robot: RobotSpec, recording: Recording) {
    this.#recording = recording;
    this.#startRad = withinLimits(robot, recording.statesRad[0] ?? robot.homeRad);
    this.#ramp = new PoseAgent(robot, { poseRad: this.#startRad, speedRadPerS: RAMP_RAD_PER_S });
  }

  /** Row of the recording that is being replayed; undefined on the way to the first one and after the last one. */
  get row(): number | undefined {
    const row = this.#startTick === undefined ? -1 : this.#tick - this.#startTick;
    return row >= 0 && row < this.#recording.actionsRad.length ? row : undefined;
  }

  /** All was commanded, and the arm has had time to follow. */
  get isOver(): boolean {
    const rows = this.#recording.actionsRad.length;
    return this.#startTick !== undefined && this.#tick - this.#startTick >= rows + SETTLING_PERIODS;
  }

  reset(): Promise<void> {
    this.#startTick = undefined;
    this.#isSent = false;
    this.#tick = 0;
    return Promise.resolve();
  }

  act(observation: Observation): Promise<AgentDecision> {
    const { tick, commandRad, timeNs } = observation;
    this.#tick = tick;
    if (this.#startTick === undefined) {
      const isThere = commandRad.every(
        (position, joint) => Math.abs(position - (this.#startRad[joint] ?? 0)) < START_RAD,
      );
      if (!isThere || !this.#isSent) return this.#approach(observation);
      this.#startTick = tick;
    }
    const { actionsRad } = this.#recording;
    const row = Math.min(tick - this.#startTick, actionsRad.length - 1);
    const positionsRad = (actionsRad[row] ?? this.#startRad).slice();
    return Promise.resolve({ target: { positionsRad, createdNs: timeNs, observedNs: timeNs }, computeNs: 0 });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  async #approach(observation: Observation): Promise<AgentDecision> {
    const decision = await this.#ramp.act(observation);
    this.#isSent = decision.target?.positionsRad.every((goal, joint) => goal === this.#startRad[joint]) === true;
    return decision;
  }
}

/** What was measured at the end of a joint's range lies beyond where the gate lets it be sent. */
function withinLimits(robot: RobotSpec, poseRad: ArrayLike<number>): Float64Array {
  return Float64Array.from(robot.joints, ({ limits: { positionRad, softMarginRad } }, joint) => {
    const [low, high] = positionRad;
    return Math.min(Math.max(poseRad[joint] ?? 0, low + softMarginRad), high - softMarginRad);
  });
}
