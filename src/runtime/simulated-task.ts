import type { Agent } from '../core/agent.ts';
import { MonotonicClock, NS_PER_S, VirtualClock } from '../core/clock.ts';
import type { RobotSpec } from '../robot/robot-spec.ts';
import { SafetyGate } from '../safety/gate.ts';
import type { SpaceGuard } from '../safety/space-guard.ts';
import { ObservationSampler } from '../sensors/observation-sampler.ts';
import type { SensorSources } from '../sensors/sensor-sources.ts';
import { Simulation } from '../sim/simulation.ts';
import { disposeEpisodes, startEpisode } from '../sim/task.ts';
import type { TaskEpisode } from '../sim/task.ts';
import type { TaskSpec } from '../sim/task-spec.ts';
import { World } from '../sim/world.ts';
import { readWorldState, worldStateLength } from '../sim/world-state.ts';
import { ProcessArm } from './arm/process-arm.ts';
import { RemoteArm } from './arm/remote-arm.ts';
import { SceneView } from './arm/scene-view.ts';
import { LockstepDecider, RealTimeDecider } from './decider.ts';
import { controlEpisode } from './episode-control.ts';
import type { EpisodeResult } from './episode-result.ts';
import { loadSpaceGuard } from './load-space-guard.ts';
import { endedWhen, endlessTask, runEpisode, runEpisodeOn } from './loop.ts';
import type { LoopOptions, TaskMonitor } from './loop.ts';
import { MirrorScene } from './mirror-scene.ts';
import { LockstepPacer } from './pacer.ts';
import { simulationStage } from './stage.ts';
import type { StepListener } from './step-listener.ts';
import type { EpisodeRun, Workplace, WorkOptions } from './workplace.ts';

export interface SimulatedRunOptions extends Omit<WorkOptions, 'agent'> {
  readonly agent: (episode: TaskEpisode) => Agent;
  /** `mirror`: a dry run, see MirrorScene. Default `sim`. */
  readonly driver?: 'sim' | 'mirror';
  /** Makes one more listener, which may look into the world as no policy can. */
  readonly witness?: (episode: TaskEpisode) => StepListener;
}

/** One task in simulation, compiled once and run for any number of episodes. */
export class SimulatedTask {
  readonly spec: TaskSpec;
  readonly robot: RobotSpec;
  readonly simulation: Simulation;
  readonly #space: SpaceGuard;
  #arm: ProcessArm | undefined;

  private constructor(spec: TaskSpec, simulation: Simulation, space: SpaceGuard) {
    this.spec = spec;
    this.robot = simulation.world.robot;
    this.simulation = simulation;
    this.#space = space;
  }

  /** @param options.cameras false for agents that do not look: much faster. */
  static async load(
    robot: RobotSpec,
    spec: TaskSpec,
    options: { readonly cameras: boolean } = { cameras: true },
  ): Promise<SimulatedTask> {
    const world = await World.load({ robot, scene: spec.scene });
    return new SimulatedTask(spec, new Simulation(world, options), await loadSpaceGuard(robot));
  }

  /**
   * Runs one episode. In lockstep the same seed and agent give the same episode to the bit; live, gate and arm are
   * in a process of their own. Throws what runEpisode and ProcessArm.start throw.
   */
  async run(options: SimulatedRunOptions): Promise<EpisodeRun> {
    const episode = startEpisode(this.simulation.world, this.spec, options.seed, options.instruction);
    const result = await (options.mode === 'lockstep'
      ? this.#runLockstep(options, episode)
      : this.#runLive(options, episode));
    return { instruction: episode.instruction, result };
  }

  /** The same task as one of several places, through one driver. */
  through(driver: 'sim' | 'mirror'): Workplace {
    return { robot: this.robot, run: (options) => this.run({ ...options, driver }), close: () => this.close() };
  }

  /** Ends the arm process of live runs, if there is one, and frees the world. */
  async close(): Promise<void> {
    await this.#arm?.close();
    this.#arm = undefined;
    this.dispose();
  }

  /** Frees the world. After live runs call close instead. */
  dispose(): void {
    this.simulation.dispose();
    disposeEpisodes(this.simulation.world);
    this.simulation.world.dispose();
    this.#space.dispose();
  }

  async #runLockstep(options: SimulatedRunOptions, episode: TaskEpisode): Promise<EpisodeResult> {
    const { simulation, robot } = this;
    const { seed } = options;
    const { instruction, variation } = episode;
    const stage = options.driver === 'mirror' ? await MirrorScene.open(simulation.world) : simulationStage(simulation);
    const sampler = new ObservationSampler({
      robot,
      sources: withCameras(stage.sources, options.cameras),
      instruction,
    });
    const advance = (durationNs: number): void => stage.advance(durationNs);
    try {
      return await runEpisode({
        ...this.#common(options, episode),
        driver: stage.driver,
        sampler,
        gate: new SafetyGate(robot, { space: this.#space }),
        pacer: new LockstepPacer({ clock: new VirtualClock(), periodNs: NS_PER_S / robot.rates.gateHz, advance }),
        decider: new LockstepDecider(options.agent(episode)),
        begin: (startNs) => stage.begin({ startNs, seed, variation }),
      });
    } finally {
      sampler.close();
      stage.dispose();
    }
  }

  async #runLive(options: SimulatedRunOptions, episode: TaskEpisode): Promise<EpisodeResult> {
    const { robot } = this;
    const { world } = this.simulation;
    const { seed, driver = 'sim' } = options;
    const { instruction, variation } = episode;
    const scene = driver === 'sim' ? new Float64Array(worldStateLength(world)) : undefined;
    if (scene !== undefined) readWorldState(world, scene);
    const view = new SceneView(world, driver, [...(options.cameras?.keys() ?? [])]);
    const sampler = new ObservationSampler({ robot, sources: withCameras(view.sources, options.cameras), instruction });
    const armProcess = await this.#openArm(driver, options);
    const arm = new RemoteArm({
      arm: armProcess,
      show: (record, state) => view.show(record, state),
      begin: (startNs) => view.begin({ startNs, seed, variation }),
      scene,
    });
    try {
      const decider = new RealTimeDecider(options.agent(episode));
      const common = this.#common(options, episode);
      const { control, monitor } = controlEpisode({ arm: armProcess, sampler, monitor: common.monitor, world });
      options.onControl?.(control);
      return await runEpisodeOn(arm, { ...common, monitor, sampler, pacer: arm, decider });
    } finally {
      arm.close();
      sampler.close();
      view.dispose();
    }
  }

  #common(
    { seed, listeners = [], witness, judged, signal, isOver, timeLimitS }: SimulatedRunOptions,
    episode: TaskEpisode,
  ): Pick<LoopOptions, 'robot' | 'monitor' | 'timeLimitS' | 'seed' | 'listeners' | 'signal'> {
    const task = judged === false ? endlessTask : oncePerControlTick(episode, this.robot);
    return {
      robot: this.robot,
      monitor: isOver === undefined ? task : endedWhen(task, isOver),
      timeLimitS: timeLimitS ?? episode.timeLimitS,
      seed,
      listeners: [...listeners, ...(witness === undefined ? [] : [witness(episode)])],
      ...(signal === undefined ? {} : { signal }),
    };
  }

  /** The arm process of the last episode, unless it failed or has to start at home. */
  async #openArm(
    driver: 'sim' | 'mirror',
    { keepsPose = false, blackBox }: Pick<SimulatedRunOptions, 'keepsPose' | 'blackBox'>,
  ): Promise<ProcessArm> {
    const startsAnew = driver === 'mirror' && !keepsPose;
    if (this.#arm !== undefined && (startsAnew || this.#arm.failure !== undefined)) {
      await this.#arm.close();
      this.#arm = undefined;
    }
    this.#arm ??= await ProcessArm.start({
      robot: this.robot,
      driver: driver === 'mirror' ? { kind: 'mirror' } : { kind: 'sim', scene: this.spec.scene },
      clock: new MonotonicClock(),
      blackBox,
    });
    return this.#arm;
  }
}

function withCameras(sources: SensorSources, cameras: SensorSources['cameras'] = new Map()): SensorSources {
  return { ...sources, cameras: new Map([...sources.cameras, ...cameras]) };
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
