import type { Agent } from '../core/agent.ts';
import type { Clock } from '../core/clock.ts';
import { ArmatureError } from '../core/errors.ts';
import type { ArmState } from '../core/observation.ts';
import { PushSource } from '../core/source.ts';
import type { RobotSpec } from '../robot/robot-spec.ts';
import { ObservationSampler } from '../sensors/observation-sampler.ts';
import type { SensorSources } from '../sensors/sensor-sources.ts';
import type { ArmConnection, ArmDriverSpec, ArmSpec } from './arm/arm-spec.ts';
import { isLatched, latchedStop } from './arm/latched-stop.ts';
import { ProcessArm } from './arm/process-arm.ts';
import type { StopCause } from './arm/record-format.ts';
import { RemoteArm } from './arm/remote-arm.ts';
import { RealTimeDecider } from './decider.ts';
import { controlEpisode } from './episode-control.ts';
import type { EpisodeResult, Outcome } from './episode-result.ts';
import { endedWhen, endlessTask, runEpisodeOn } from './loop.ts';
import type { LoopOptions } from './loop.ts';
import { PoseAgent } from './pose-agent.ts';
import type { EpisodeRun, Workplace, WorkOptions } from './workplace.ts';

export interface ArmWorkplaceOptions {
  readonly robot: RobotSpec;
  readonly driver: ArmDriverSpec;
  readonly clock: Clock;
  readonly blackBox?: ArmSpec['blackBox'];
  /** See ArmSpec. */
  readonly wrap?: ArmSpec['wrap'];
}

/** Speed of the joint that has furthest to go on the way to home and rest, rad/s. */
const TRAVEL_RAD_PER_S = 0.5;
/** What the gate, which sees more than the straight line, may add to that way, s. */
const TRAVEL_MARGIN_S = 10;
/** So near a pose the arm was sent there, rad. */
const ARRIVAL_RAD = 0.003;
/** From a stop for want of measurements until the driver says whether the link is lost, ms. */
const LINK_VERDICT_MS = 500;
const DISARM_TIMEOUT_MS = 5000;

type Episode = Pick<LoopOptions, 'monitor' | 'timeLimitS' | 'listeners' | 'signal' | 'seed'> & {
  readonly agent: Agent;
  readonly instruction: string;
  readonly cameras: SensorSources['cameras'];
  readonly onControl?: WorkOptions['onControl'];
};

/**
 * A real arm, in a process of its own, with the cameras that look at it. No rule says here whether a task is done: time
 * or a person ends an episode. Between episodes the arm holds itself up.
 */
export class ArmWorkplace implements Workplace {
  readonly robot: RobotSpec;
  readonly #arm: ProcessArm;
  #stop: ArmatureError | undefined;

  private constructor(arm: ProcessArm, { robot }: ArmWorkplaceOptions) {
    this.robot = robot;
    this.#arm = arm;
    arm.listen({
      onRecord: (record) => (this.#stop = isLatched(record) ? (this.#stop ?? latchedStop(record, robot)) : undefined),
    });
  }

  /** Reaches the arm; it does not move and gets no torque. Throws what ProcessArm.start throws. */
  static async open(options: ArmWorkplaceOptions): Promise<ArmWorkplace> {
    const { robot, driver, clock, blackBox, wrap } = options;
    return new ArmWorkplace(await ProcessArm.start({ robot, driver, clock, blackBox, wrap }), options);
  }

  /**
   * Arms the arm where it is, takes it home unless it keeps its pose, and runs one episode. Throws E_REAL_TIME in
   * lockstep, E_POSE_NOT_REACHED where home is not reached, and what runEpisodeOn throws.
   */
  async run(options: WorkOptions): Promise<EpisodeRun> {
    const { mode, seed, listeners = [], signal, isOver = () => false, timeLimitS = Infinity } = options;
    if (mode !== 'live') throw realTimeOnly(this.robot);
    if (options.keepsPose !== true) await this.home(signal);
    const instruction = options.instruction?.text ?? '';
    const result = await this.#episode({
      agent: options.agent(undefined),
      instruction,
      cameras: options.cameras ?? new Map(),
      ...(options.onControl === undefined ? {} : { onControl: options.onControl }),
      monitor: endedWhen(endlessTask, isOver),
      timeLimitS,
      listeners,
      seed,
      ...(signal === undefined ? {} : { signal }),
    });
    return { instruction, result };
  }

  /** Takes the arm to its home pose, where it stays armed. Throws as `rest` does. */
  home(signal?: AbortSignal): Promise<void> {
    return this.#travel('home', this.robot.homeRad, signal);
  }

  /**
   * Takes the arm to its rest pose and switches the torque off there. Aborting leaves it holding itself up where it
   * is. Throws E_POSE_NOT_REACHED, and what runEpisodeOn throws.
   */
  async rest(signal?: AbortSignal): Promise<void> {
    await this.#travel('rest', this.robot.restRad, signal);
    if (signal?.aborted === true) return;
    this.#arm.command('disarm');
    await this.#arm.until(({ state }) => state === 'disarmed', DISARM_TIMEOUT_MS);
  }

  /**
   * What made the stop in which the arm stands: the failure of the link, or E_PROTECTIVE_STOP; undefined where no operator has
   * to look at the arm before it moves again.
   */
  async stopCause(): Promise<ArmatureError | undefined> {
    if (this.#stop === undefined) return undefined;
    // A motor that is silent stops the arm as a sensor does; the driver names it once it is sure.
    await this.#arm.until(() => false, LINK_VERDICT_MS).catch(() => undefined);
    return this.#arm.failure ?? this.#stop;
  }

  /** What connecting changed in the arm and found out. */
  get connection(): ArmConnection {
    return this.#arm.ready.connection;
  }

  /** See ProcessArm. */
  consent(): string {
    return this.#arm.consent();
  }

  /** Lets go of the link. An arm that is not at rest goes on holding itself up. */
  close(): Promise<void> {
    return this.#arm.close();
  }

  async #travel(name: string, poseRad: readonly number[], signal: AbortSignal | undefined): Promise<void> {
    const { newest } = this.#arm;
    const farRad = Math.max(0, ...poseRad.map((goal, joint) => Math.abs(goal - (newest?.measuredRad[joint] ?? goal))));
    let isThere = false;
    const result = await this.#episode({
      agent: new PoseAgent(this.robot, { poseRad, speedRadPerS: TRAVEL_RAD_PER_S }),
      instruction: '',
      cameras: new Map(),
      monitor: endedWhen(endlessTask, () => isThere),
      timeLimitS: farRad / TRAVEL_RAD_PER_S + TRAVEL_MARGIN_S,
      listeners: [
        {
          name: 'arrival',
          onStep: ({ sent }) => {
            isThere = poseRad.every((goal, joint) => Math.abs(goal - (sent.positionsRad[joint] ?? NaN)) < ARRIVAL_RAD);
          },
        },
      ],
      seed: 0,
      ...(signal === undefined ? {} : { signal }),
    });
    if (result.outcome !== 'ended' && result.outcome !== 'aborted')
      throw notReached(name, result.outcome, this.#arm.newest?.cause);
  }

  async #episode({ agent, instruction, cameras, onControl, ...options }: Episode): Promise<EpisodeResult> {
    const { robot } = this;
    const state = new PushSource<ArmState>();
    const sampler = new ObservationSampler({ robot, sources: { arm: state, cameras }, instruction });
    const arm = new RemoteArm({
      arm: this.#arm,
      show: (record) => state.push(record.arm.value),
      begin: () => undefined,
    });
    try {
      const decider = new RealTimeDecider(agent);
      const { control, monitor } = controlEpisode({
        arm: this.#arm,
        sampler,
        monitor: options.monitor,
        world: undefined,
      });
      onControl?.(control);
      return await runEpisodeOn(arm, { ...options, monitor, robot, sampler, pacer: arm, decider });
    } finally {
      arm.close();
      sampler.close();
    }
  }
}

function realTimeOnly({ name }: RobotSpec): ArmatureError {
  return new ArmatureError('E_REAL_TIME', `an arm of metal does not wait: robot "${name}" cannot run in lockstep`, {
    remedy: 'Leave --lockstep out, or use --driver sim.',
  });
}

function notReached(name: string, outcome: Outcome, cause: StopCause = 'none'): ArmatureError {
  return new ArmatureError('E_POSE_NOT_REACHED', `the arm did not reach its ${name} pose`, {
    found: `"${outcome}" on the way${cause === 'none' ? '' : `, for ${cause}`}`,
    remedy: 'It holds itself up where it is. See what is in its way; what the gate saw stands in the black box.',
  });
}
