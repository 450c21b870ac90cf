import { send } from '../actuators/send.ts';
import { NS_PER_S } from '../core/clock.ts';
import type { ArmDriver } from '../drivers/driver.ts';
import type { RobotSpec } from '../robot/robot-spec.ts';
import type { SafetyGate } from '../safety/gate.ts';
import type { ObservationSampler } from '../sensors/observation-sampler.ts';
import { checkpointTicks } from './black-box-ring.ts';
import type { Decider } from './decider.ts';
import { EpisodeTally } from './episode-result.ts';
import type { EpisodeResult, Outcome } from './episode-result.ts';
import type { Pacer } from './pacer.ts';
import { Setpoint } from './setpoint.ts';
import { Listeners } from './step-listener.ts';
import type { StepListener } from './step-listener.ts';

/** Knows whether the task is done. Asked once per gate tick. */
export interface TaskMonitor {
  check(): 'running' | 'success' | 'failure';
}

/** For runs without a task, such as teleoperation: only time or the operator ends them. */
export const endlessTask: TaskMonitor = { check: () => 'running' };

export interface EpisodeOptions {
  readonly robot: RobotSpec;
  /** Connected. */
  readonly driver: ArmDriver;
  readonly sampler: ObservationSampler;
  readonly gate: SafetyGate;
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

/** Longest time the stop at the end may take, s; only a clock that stands still makes it so long. */
const LONGEST_STOP_S = 2;

/**
 * Runs one episode: tick, observe, decide, gate, send, tell. However it ends, the arm is brought to a stop
 * within its limits first. Throws what the driver throws when the link is lost, and ArmatureError
 * E_CANNOT_ARM when the arm stands outside its limits.
 */
export async function runEpisode(options: EpisodeOptions): Promise<EpisodeResult> {
  const { robot, driver, sampler, gate, pacer, decider } = options;
  const ticksPerDecision = robot.rates.gateHz / robot.rates.controlHz;
  const ticksPerCheckpoint = checkpointTicks(robot);
  const listeners = new Listeners(options.listeners ?? []);
  const tally = new EpisodeTally();
  const setpoint = new Setpoint(robot.rates);
  await decider.reset(options.seed);
  pacer.reset();
  const startNs = await pacer.nextTick();
  options.begin?.(startNs);
  let [nowNs, commandRad] = [startNs, armAt(options, startNs)];
  let outcome: Outcome | undefined;
  let stopTicks = 0;

  for (let gateTick = 0; ; gateTick += 1) {
    if (outcome === undefined) tally.passTime(nowNs);
    outcome ??= outcomeAt(nowNs - startNs, options);
    if (outcome !== undefined) {
      const isStopped = gate.isStill || stopTicks > LONGEST_STOP_S * robot.rates.gateHz;
      if (isStopped) return tally.result(outcome, { pacer, decider, failures: listeners.failures });
      stopTicks += 1;
    }
    const isRunning = outcome === undefined;

    const observation = sampler.sample({ tick: Math.floor(gateTick / ticksPerDecision), nowNs, commandRad });
    const isControlTick = isRunning && gateTick % ticksPerDecision === 0;
    if (isControlTick) await decider.ask(observation);
    const decision = isRunning ? decider.take() : undefined;
    if (decision !== undefined) setpoint.follow(decision.target, commandRad, nowNs);
    const target = isRunning ? setpoint.at(nowNs) : undefined;

    const checkpoint = gateTick % ticksPerCheckpoint === 0 ? gate.snapshot() : undefined;
    const gated = gate.step({ nowNs, target, measured: observation.arm });
    const sent = send(driver, gated.command);
    commandRad = sent.positionsRad;

    const step = {
      gateTick,
      timeNs: nowNs,
      isControlTick,
      isRunning,
      observation,
      decision,
      target,
      gate: gated,
      checkpoint,
      sent,
    };
    tally.add(step);
    listeners.notify(step);
    nowNs = await pacer.nextTick();
  }
}

/** Arms the gate where the arm is and returns that position, rad. */
function armAt({ robot, driver, sampler, gate }: EpisodeOptions, nowNs: number): Float64Array {
  const seen = sampler.sampleArm(nowNs);
  const state = seen.fresh ? seen.value : driver.read();
  // One period ago, so that the first step has a duration.
  gate.arm(state, nowNs - NS_PER_S / robot.rates.gateHz);
  return state.positionsRad;
}

function outcomeAt(elapsedNs: number, options: EpisodeOptions): Outcome | undefined {
  const { monitor, gate, decider, signal, robot, timeLimitS } = options;
  if (signal?.aborted === true) return 'aborted';
  if (gate.state === 'protective-stop') return 'protective-stop';
  if (decider.failure !== undefined) return 'agent-failed';
  const task = monitor.check();
  if (task !== 'running') return task;
  // Half a tick early, so that the rounding of their sum adds no tick.
  return (elapsedNs / NS_PER_S) * robot.rates.gateHz > timeLimitS * robot.rates.gateHz - 0.5 ? 'time-limit' : undefined;
}
