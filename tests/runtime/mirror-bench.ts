import { VirtualClock } from '../../src/core/clock.ts';
import type { Agent } from '../../src/core/agent.ts';
import { LockstepDecider } from '../../src/runtime/decider.ts';
import { endlessTask } from '../../src/runtime/loop.ts';
import type { EpisodeOptions } from '../../src/runtime/loop.ts';
import { LockstepPacer } from '../../src/runtime/pacer.ts';
import type { StepListener, StepRecord } from '../../src/runtime/step-listener.ts';
import { SafetyGate } from '../../src/safety/gate.ts';
import { ObservationSampler } from '../../src/sensors/observation-sampler.ts';
import { makeRobot } from '../../src/testing/index.ts';
import { openMirror } from './mirror-link.ts';

export const PERIOD_NS = 1e7;

export interface Bench {
  readonly options: EpisodeOptions;
  /** Everything the loop told its listeners. */
  readonly steps: StepRecord[];
  readonly clock: VirtualClock;
  readonly sampler: ObservationSampler;
}

/** A mirror arm in lockstep, ready to run; replace in `options` what a test is about. */
export async function mirrorBench(agent: Agent, changes: Partial<EpisodeOptions> = {}): Promise<Bench> {
  const robot = makeRobot();
  const clock = new VirtualClock();
  clock.advanceNs(5e9);
  const link = await openMirror(robot, clock);
  const steps: StepRecord[] = [];
  const keep: StepListener = { name: 'keep', onStep: (step) => steps.push(step) };
  const sampler = new ObservationSampler({ robot, sources: link.sources, instruction: 'reach the red cube' });
  const options: EpisodeOptions = {
    robot,
    driver: link.driver,
    sampler,
    gate: new SafetyGate(robot),
    pacer: new LockstepPacer({ clock, periodNs: PERIOD_NS, advance: () => link.advance() }),
    decider: new LockstepDecider(agent),
    monitor: endlessTask,
    timeLimitS: 1,
    seed: 7,
    begin: (startNs) => link.begin(startNs),
    ...changes,
    listeners: [keep, ...(changes.listeners ?? [])],
  };
  return { options, steps, clock, sampler };
}
