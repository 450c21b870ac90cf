import type { Agent } from '../core/agent.ts';
import { MonotonicClock, NS_PER_S, VirtualClock } from '../core/clock.ts';
import type { RobotSpec } from '../robot/robot-spec.ts';
import { SafetyGate } from '../safety/gate.ts';
import { ObservationSampler } from '../sensors/observation-sampler.ts';
import type { GivenInstruction } from '../sim/instruction.ts';
import { Simulation } from '../sim/simulation.ts';
import { disposeEpisodes, startEpisode } from '../sim/task.ts';
import type { TaskEpisode } from '../sim/task.ts';
import type { TaskSpec } from '../sim/task-spec.ts';
import { World } from '../sim/world.ts';
import { LockstepDecider, RealTimeDecider } from './decider.ts';
import type { EpisodeResult } from './episode-result.ts';
import { endlessTask, runEpisode } from './loop.ts';
import type { TaskMonitor } from './loop.ts';
import { MirrorScene } from './mirror-scene.ts';
import { LockstepPacer, RealTimePacer, TimerSleeper } from './pacer.ts';
import type { Pacer } from './pacer.ts';
import { simulationStage } from './stage.ts';
import type { Stage } from './stage.ts';
import type { StepListener } from './step-listener.ts';

/** `lockstep`: virtual time, as fast as the machine goes, repeatable to the bit. `live`: real time. */
export type RunMode = 'lockstep' | 'live';

export interface SimulatedRunOptions {
  /** Decides the scene, the wording, the variation and all noise. */
  readonly seed: number;
  readonly mode: RunMode;
  /** Makes or gives the agent of this episode; experts need to know it. */
  readonly agent: (episode: TaskEpisode) => Agent;
  /** In place of the instruction the seed draws; the colours it names are given to the things it means. */
  readonly instruction?: GivenInstruction;
  /** False: whatever the arm does, only time ends the episode. Default true. */
  readonly judged?: boolean;
  /** `mirror`: a dry run, see MirrorScene. Default `sim`. */
  readonly driver?: 'sim' | 'mirror';
  readonly listeners?: readonly StepListener[];
  /** Makes one more listener, which may look into the world as no policy can. */
  readonly witness?: (episode: TaskEpisode) => StepListener;
  readonly signal?: AbortSignal;
}

export interface SimulatedRun {
  readonly instruction: string;
  readonly result: EpisodeResult;
}

/** One task in simulation, compiled once and run for any number of episodes. */
export class SimulatedTask {
  readonly spec: TaskSpec;
  readonly robot: RobotSpec;
  readonly simulation: Simulation;

  private constructor(spec: TaskSpec, simulation: Simulation) {
    this.spec = spec;
    this.robot = simulation.world.robot;
    this.simulation = simulation;
  }

  /** @param options.cameras false for agents that do not look: much faster. */
  static async load(
    robot: RobotSpec,
    spec: TaskSpec,
    options: { readonly cameras: boolean } = { cameras: true },
  ): Promise<SimulatedTask> {
    const world = await World.load({ robot, scene: spec.scene });
    return new SimulatedTask(spec, new Simulation(world, options));
  }

  /** Runs one episode. In lockstep the same seed and agent give the same episode to the bit. */
  async run(options: SimulatedRunOptions): Promise<SimulatedRun> {
    const { simulation, robot } = this;
    const { seed, mode, signal } = options;
    const episode = startEpisode(simulation.world, this.spec, seed, options.instruction);
    const { instruction, variation } = episode;
    const stage = options.driver === 'mirror' ? await MirrorScene.open(simulation.world) : simulationStage(simulation);
    const sampler = new ObservationSampler({ robot, sources: stage.sources, instruction });
    const agent = options.agent(episode);
    const listeners = [
      ...(options.listeners ?? []),
      ...(options.witness === undefined ? [] : [options.witness(episode)]),
    ];
    try {
      const result = await runEpisode({
        robot,
        driver: stage.driver,
        sampler,
        gate: new SafetyGate(robot),
        pacer: this.#pacer(mode, stage),
        decider: mode === 'lockstep' ? new LockstepDecider(agent) : new RealTimeDecider(agent),
        monitor: options.judged === false ? endlessTask : oncePerControlTick(episode, robot),
        timeLimitS: episode.timeLimitS,
        seed,
        begin: (startNs) => stage.begin({ startNs, seed, variation }),
        listeners,
        ...(signal === undefined ? {} : { signal }),
      });
      return { instruction, result };
    } finally {
      sampler.close();
      stage.dispose();
    }
  }

  dispose(): void {
    this.simulation.dispose();
    disposeEpisodes(this.simulation.world);
    this.simulation.world.dispose();
  }

  #pacer(mode: RunMode, stage: Stage): Pacer {
    const periodNs = NS_PER_S / this.robot.rates.gateHz;
    const advance = (durationNs: number): void => stage.advance(durationNs);
    if (mode === 'lockstep') return new LockstepPacer({ clock: new VirtualClock(), periodNs, advance });
    const clock = new MonotonicClock();
    return new RealTimePacer({ clock, periodNs, advance, sleeper: new TimerSleeper(clock) });
  }
}

/** Task rules count control ticks; the loop asks at every gate tick. */
function oncePerControlTick(episode: TaskEpisode, robot: RobotSpec): TaskMonitor {
  const ticksPerDecision = robot.rates.gateHz / robot.rates.controlHz;
  let gateTick = 0;
  let outcome: ReturnType<TaskMonitor['check']> = 'running';
  return {
    check: () => {
      if (gateTick % ticksPerDecision === 0) outcome = episode.check();
      gateTick += 1;
      return outcome;
    },
  };
}
