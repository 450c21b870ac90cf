import type { Agent } from '../core/agent.ts';
import type { RobotSpec } from '../robot/robot-spec.ts';
import type { SensorSources } from '../sensors/sensor-sources.ts';
import type { GivenInstruction } from '../sim/instruction.ts';
import type { TaskEpisode } from '../sim/task.ts';
import type { ArmSpec } from './arm/arm-spec.ts';
import type { EpisodeControl } from './episode-control.ts';
import type { EpisodeResult } from './episode-result.ts';
import type { StepListener } from './step-listener.ts';

/** `lockstep`: virtual time, as fast as the machine goes, repeatable to the bit. `live`: real time. */
export type RunMode = 'lockstep' | 'live';

export interface WorkOptions {
  /** Decides, where a scene is simulated, how it looks and all noise; otherwise only what the agent draws. */
  readonly seed: number;
  readonly mode: RunMode;
  /** Makes or gives the agent of this episode. Experts need to know the scene, which a real arm does not have. */
  readonly agent: (scene: TaskEpisode | undefined) => Agent;
  /** In place of the instruction the seed draws; the colours it names are given to the things it means. */
  readonly instruction?: GivenInstruction;
  /** False: whatever the arm does, only time ends the episode. Default true where there are rules. */
  readonly judged?: boolean;
  /** Asked at every gate tick; once true the episode ends. */
  readonly isOver?: () => boolean;
  /** Default: the task's. */
  readonly timeLimitS?: number;
  /** An arm that nobody puts anywhere begins where it was left. Default: at home. */
  readonly keepsPose?: boolean;
  /** Real cameras that are looked through in place of simulated ones of the same name. */
  readonly cameras?: SensorSources['cameras'];
  readonly listeners?: readonly StepListener[];
  readonly signal?: AbortSignal;
  /** Live: where the arm process writes its black box, see ArmSpec. */
  readonly blackBox?: ArmSpec['blackBox'];
  /** Live: given what may be done to the episode, before its first tick. */
  readonly onControl?: (control: EpisodeControl) => void;
}

export interface EpisodeRun {
  readonly instruction: string;
  readonly result: EpisodeResult;
}

/** Where episodes take place: a simulated scene, or a real arm with what stands around it. */
export interface Workplace {
  readonly robot: RobotSpec;
  /** Runs one episode; however it ends, the arm stands then. Throws what runEpisodeOn throws. */
  run(options: WorkOptions): Promise<EpisodeRun>;
  close(): Promise<void>;
}
