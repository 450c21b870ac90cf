import type { ArmState } from '../core/observation.ts';
import type { ArmHealth } from '../safety/health-monitor.ts';
import type { SafeCommand } from '../safety/safe-command.ts';

/**
 * One way to reach one arm. Life: connect, then read and write in any order, then close.
 * read and write are synchronous so that no promise stands between tick and motor: an asynchronous
 * transport keeps its newest state in a slot and hands commands to its own queue of length one.
 */
export interface ArmDriver {
  readonly name: string;
  /** Opens the link; the arm does not move. Throws ArmatureError when the arm cannot be reached. */
  connect(): Promise<void>;
  /** The newest measured state. Throws ArmatureError before connect or after the link was lost. */
  read(): ArmState;
  /** What motors and robot report of themselves; undefined where they report nothing. Throws as `read` does. */
  readHealth(): ArmHealth | undefined;
  /**
   * Torque on: the motors hold where they are, until the first command. Off: the joints are limp, and commands move nothing.
   * Connecting changes nothing about it. Throws as `write` does.
   */
  setTorque(isOn: boolean): void;
  /** Sends one gated command and says what was really sent. */
  write(command: SafeCommand): SentCommand;
  close(): Promise<void>;
}

/** What went out to the motors. */
export interface SentCommand {
  /** rad, shape (J), joint order of the RobotSpec. */
  readonly positionsRad: Float64Array;
  readonly stampNs: number;
}
