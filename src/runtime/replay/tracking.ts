import type { StepListener, StepRecord } from '../step-listener.ts';
import type { Recording } from './recording.ts';
import type { ReplayAgent } from './replay-agent.ts';

/** How far joints were from where they should have been, rad. */
export interface TrackingError {
  readonly joint: string;
  readonly meanRad: number;
  readonly mostRad: number;
}

/** Compares a replay with its recording, row by row: where the joints are measured now, and where they were then. */
export class TrackingListener implements StepListener {
  readonly name = 'tracking';
  readonly #recording: Recording;
  readonly #agent: ReplayAgent;
  readonly #sumRad: Float64Array;
  readonly #mostRad: Float64Array;
  #rows = 0;

  constructor(recording: Recording, agent: ReplayAgent) {
    const jointCount = recording.robot.joints.length;
    this.#recording = recording;
    this.#agent = agent;
    this.#sumRad = new Float64Array(jointCount);
    this.#mostRad = new Float64Array(jointCount);
  }

  /** Rows that were compared. */
  get rows(): number {
    return this.#rows;
  }

  get errors(): TrackingError[] {
    return this.#recording.robot.joints.map(({ name }, joint) => ({
      joint: name,
      meanRad: this.#rows === 0 ? 0 : (this.#sumRad[joint] ?? 0) / this.#rows,
      mostRad: this.#mostRad[joint] ?? 0,
    }));
  }

  onStep({ isControlTick, isRunning, observation }: StepRecord): void {
    const { row } = this.#agent;
    const thenRad = row === undefined ? undefined : this.#recording.statesRad[row];
    if (!isControlTick || !isRunning || thenRad === undefined) return;
    this.#rows += 1;
    observation.arm.value.positionsRad.forEach((position, joint) => {
      const error = Math.abs(position - (thenRad[joint] ?? 0));
      this.#sumRad[joint] = (this.#sumRad[joint] ?? 0) + error;
      this.#mostRad[joint] = Math.max(this.#mostRad[joint] ?? 0, error);
    });
  }
}
