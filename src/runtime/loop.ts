import { NS_PER_S } from '../core/clock.ts';
import type { ArmDriver } from '../drivers/driver.ts';
import type { RobotSpec } from '../robot/robot-spec.ts';
import type { SafetyGate } from '../safety/gate.ts';
import type { ObservationSampler } from '../sensors/observation-sampler.ts';
import type { Decider } from './decider.ts';
import { EpisodeTally } from './episode-result.ts';
import type { EpisodeResult, Outcome } from './episode-result.ts';
import { LocalArm } from './gated-arm.ts';
import type { GatedArm } from './gated-arm.ts';
import type { Pacer } from './pacer.ts';
import { Listeners } from './step-listener.ts';
import type { StepListener } from './step-listener.ts';

/** Knows whether the task is done. Asked once per gate tick. */
export interface TaskMonitor {
  check(): 'running' | 'success' | 'failure' | 'ended';
}

/** For runs without a task, such as teleoperation: only time or the operator ends them. */
export const endlessTask: TaskMonitor = { check: () => 'running' };

/** The same task, which also ends when somebody says so. */
export function endedWhen(task: TaskMonitor, isOver: () => boolean): TaskMonitor {
  return {
    check: () => {
      const outcome = task.check();
      return outcome === 'running' && isOver() ? 'ended' : outcome;
    },
  };
}

/** An episode, but for the arm. */
export interface LoopOptions {
  readonly robot: RobotSpec;
  readonly sampler: ObservationSampler;
  readonly pacer: Pacer;
  readonly decider: Decider;
  readonly monitor: TaskMonitor;
  readonly timeLimitS: number;
  readonly seed: number;
  /** Called with the time of the first tick, ns: a simulation starts its sensors. */
  readonly begin?: (startNs: number) => void;
  readonly listeners?: readonly StepListener[];
  /** Aborting it brings the arm to a controlled stop and ends the episode. */
  readonly signal?: AbortSignal;
}

export interface EpisodeOptions extends LoopOptions {
  /** Connected. */
  readonly driver: ArmDriver;
  readonly gate: SafetyGate;
}

/** Longest time the stop at the end may take, s; only a clock that stands still makes it so long. */
const LONGEST_STOP_S = 2;

/**
 * Runs one episode: tick, observe, decide, gate, send, tell. However it ends, the arm is brought to a stop
 * within its limits first. Throws what the driver throws when the link is lost, and ArmatureError
 * E_CANNOT_ARM when the arm stands outside its limits.
 */
export function runEpisode(options: EpisodeOptions): Promise<EpisodeResult> {
  return runEpisodeOn(new LocalArm(options), options);
}

/** The same on an arm that may be elsewhere. Throws what the arm throws. */
export async function runEpisodeOn(arm: GatedArm, options: LoopOptions): Promise<EpisodeResult> {
  const { robot, sampler, pacer, decider } = options;
  const ticksPerDecision = robot.rates.gateHz / robot.rates.controlHz;
  const listeners = new Listeners(options.listeners ?? []);
  const tally = new EpisodeTally();
  await decider.reset(options.seed);
  pacer.reset();
  const beginNs = await pacer.nextTick();
  options.begin?.(beginNs);
  const { startNs, positionsRad } = await arm.arm(beginNs);
  let [nowNs, commandRad] = [startNs, positionsRad];
  let outcome: Outcome | undefined;
  let stopTicks = 0;

  for (let gateTick = 0; ; gateTick += 1) {
    if (outcome === undefined) tally.passTime(nowNs);
    outcome ??= outcomeAt(nowNs - startNs, arm, options);
    if (outcome !== undefined) {
      const isStopped = arm.isStill || stopTicks > LONGEST_STOP_S * robot.rates.gateHz;
      if (isStopped) return tally.result(outcome, { pacer, decider, failures: listeners.failures });
      stopTicks += 1;
    }
    const isRunning = outcome === undefined;

    const tick = Math.floor(gateTick / ticksPerDecision);
    const observation = sampler.sample({ tick, nowNs, commandRad });
    const isControlTick = isRunning && gateTick % ticksPerDecision === 0;
    if (isControlTick) await decider.ask(observation);
    const decision = isRunning ? decider.take() : undefined;
    const moved = arm.step({ nowNs, gateTick, isRunning, decision, measured: observation.arm });
    commandRad = moved.sent.positionsRad;

    const step = { gateTick, timeNs: nowNs, isControlTick, isRunning, observation, decision, ...moved };
    tally.add(step);
    listeners.notify(step);
    nowNs = await pacer.nextTick();
  }
}

function outcomeAt(elapsedNs: number, arm: GatedArm, options: LoopOptions): Outcome | undefined {
  const { monitor, decider, signal, robot, timeLimitS } = options;
  if (signal?.aborted === true) return 'aborted';
  if (arm.state === 'protective-stop') return 'protective-stop';
  if (decider.failure !== undefined) return 'agent-failed';
  const task = monitor.check();
  if (task !== 'running') return task;
  // Half a tick early, so that the rounding of their sum adds no tick.
  return (elapsedNs / NS_PER_S) * robot.rates.gateHz > timeLimitS * robot.rates.gateHz - 0.5 ? 'time-limit' : undefined;
}
