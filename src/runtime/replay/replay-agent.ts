import type { Agent, AgentDecision } from '../../core/agent.ts';
import type { Observation } from '../../core/observation.ts';
import type { RobotSpec } from '../../robot/robot-spec.ts';
import { PoseAgent } from '../pose-agent.ts';
import type { Recording } from './recording.ts';

/** Speed of the fastest joint on the way to where the recording begins, rad/s. */
const RAMP_RAD_PER_S = 0.5;
/** From here on the arm is where the recording begins, rad. */
const START_RAD = 1e-6;
/** Control periods after the last action, in which the arm catches up with it. */
const SETTLING_PERIODS = 10;

/** Takes the arm slowly to where a recording begins and then asks for what was asked for then, at the same time. */
export class ReplayAgent implements Agent {
  readonly name = 'replay';
  readonly #recording: Recording;
  readonly #startRad: Float64Array;
  readonly #ramp: PoseAgent;
  #startTick: number | undefined;
  #tick = 0;

  /** @param robot in whose units and rates the recording is */
  constructor(robot: RobotSpec, recording: Recording) {
    this.#recording = recording;
    this.#startRad = recording.statesRad[0] ?? Float64Array.from(robot.homeRad);
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
      if (!isThere) return this.#ramp.act(observation);
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
}
