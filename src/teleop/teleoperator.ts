import type { Agent } from '../core/agent.ts';
import type { JogMode, JogSpeedName } from './jog/jog-input.ts';

/** What a person who works an arm should see. */
export interface TeleopStatus {
  /** What is set: mode, speed, which joint. */
  readonly setting: string;
  /** What is in the way: a device that is gone, joints that are not aligned. Undefined: nothing. */
  readonly problem: string | undefined;
  /** What is set, one by one; absent for what does not jog. */
  readonly jog?: JogStatus;
}

export interface JogStatus {
  /** Those the arm has. */
  readonly modes: readonly JogMode[];
  readonly mode: JogMode;
  /** Index in joint order. */
  readonly joint: number;
  readonly speed: JogSpeedName;
}

/** Watches a teleoperator between control ticks. Called synchronously; it must be quick and not wait. */
export interface TeleopListener {
  /** The person took the command: the dead-man is held, or a leader leads. */
  onEngaged?(): void;
  /** The person gives the command back, see TakeoverAgent. */
  onGiveBack?(): void;
}

/**
 * An agent that a person works. What it asks for goes through the same gate as what a policy asks for. It has no target
 * while nobody holds the dead-man, so that the gate brakes and holds. Once the arm stands it asks for it to stay
 * there, so that the source keeps its lease and the person may go on at any time; a teleoperator whose device is gone asks
 * for nothing at all.
 */
export interface Teleoperator extends Agent {
  /** True while the person commands. */
  readonly isEngaged: boolean;
  readonly status: TeleopStatus;
  /** Calls the listener from now on; returns the function that ends it. */
  listen(listener: TeleopListener): () => void;
}
