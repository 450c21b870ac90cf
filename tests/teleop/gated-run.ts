import type { Agent } from '../../src/core/agent.ts';
import type { VirtualClock } from '../../src/core/clock.ts';
import type { RobotSpec } from '../../src/robot/robot-spec.ts';
import { LockstepDecider } from '../../src/runtime/decider.ts';
import type { EpisodeResult } from '../../src/runtime/episode-result.ts';
import { endlessTask, runEpisode } from '../../src/runtime/loop.ts';
import { LockstepPacer } from '../../src/runtime/pacer.ts';
import type { StepRecord } from '../../src/runtime/step-listener.ts';
import { SafetyGate } from '../../src/safety/gate.ts';
import type { SpaceGuard } from '../../src/safety/space-guard.ts';
import { ObservationSampler } from '../../src/sensors/observation-sampler.ts';
import { openMirror } from '../runtime/mirror-link.ts';

export interface GatedRun {
  readonly robot: RobotSpec;
  readonly clock: VirtualClock;
  /** Agents that look at the clock get this one. */
  readonly agent: Agent;
  readonly timeLimitS: number;
  readonly space?: SpaceGuard;
  /** Called before each control tick, with its number. */
  readonly onTick?: (tick: number) => void;
}

/** An agent on a mirror arm behind the real gate, in lockstep: every gate tick. */
export async function runGated(
  run: GatedRun,
): Promise<{ readonly steps: StepRecord[]; readonly result: EpisodeResult }> {
  const { robot, clock, agent, timeLimitS, space, onTick } = run;
  const link = await openMirror(robot, clock);
  const sampler = new ObservationSampler({ robot, sources: link.sources, instruction: 'jog' });
  const steps: StepRecord[] = [];
  const decider = new LockstepDecider({
    name: agent.name,
    reset: (seed) => agent.reset(seed),
    act: (observation) => {
      onTick?.(observation.tick);
      return agent.act(observation);
    },
    close: () => agent.close(),
  });
  try {
    const result = await runEpisode({
      robot,
      driver: link.driver,
      sampler,
      gate: new SafetyGate(robot, space === undefined ? {} : { space }),
      pacer: new LockstepPacer({ clock, periodNs: 1e9 / robot.rates.gateHz, advance: () => link.advance() }),
      decider,
      monitor: endlessTask,
      timeLimitS,
      seed: 1,
      begin: (startNs) => link.begin(startNs),
      listeners: [{ name: 'keep', onStep: (step) => steps.push(step) }],
    });
    return { steps, result };
  } finally {
    sampler.close();
  }
}
