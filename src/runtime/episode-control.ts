import type { ObservationSampler } from '../sensors/observation-sampler.ts';
import type { World } from '../sim/world.ts';
import type { ProcessArm } from './arm/process-arm.ts';
import type { ArmRecord } from './arm/record-format.ts';
import type { TaskMonitor } from './loop.ts';

/** What may be done to an episode from outside while it goes on. */
export interface EpisodeControl {
  /** The simulated scene as the cameras see it, to be looked at and not touched; undefined for a real arm. */
  readonly world: World | undefined;
  /** Other words, which the next tick carries. From then on no rule judges the episode. */
  instruct(text: string): void;
  /** Brakes and holds at once. The loop does not know: whoever calls this ends the episode as well. */
  stop(): void;
  /** No faster than this share of the velocity limits, in (0, 1]. */
  slowDown(share: number): void;
  /** As fast as this share of them allows again: for the operator alone. */
  speedUp(share: number): void;
  /** State of the gate now, also when the episode is over; undefined before its first tick. */
  readonly state: ArmRecord['state'] | undefined;
  /** Leaves a latched stop: for the operator alone. Undefined for a real arm, which somebody has to look at. */
  readonly reset: (() => void) | undefined;
}

export interface ControlledEpisode {
  readonly control: EpisodeControl;
  readonly monitor: TaskMonitor;
}

/** The controls of a live episode, and its rules as long as it is about the words it began with. */
export function controlEpisode(options: {
  readonly arm: Pick<ProcessArm, 'command' | 'newest'>;
  readonly sampler: Pick<ObservationSampler, 'instruction'>;
  readonly monitor: TaskMonitor;
  readonly world: World | undefined;
}): ControlledEpisode {
  const { arm, sampler, monitor, world } = options;
  const begun = sampler.instruction;
  let isChanged = false;
  const control: EpisodeControl = {
    world,
    instruct: (text) => {
      sampler.instruction = text;
      isChanged ||= text !== begun;
    },
    stop: () => void arm.command('stop'),
    slowDown: (share) => void arm.command('slow', share),
    speedUp: (share) => void arm.command('fast', share),
    get state() {
      return arm.newest?.state;
    },
    reset: world === undefined ? undefined : () => void arm.command('reset'),
  };
  return { control, monitor: { check: () => withoutRules(monitor.check(), isChanged) } };
}

type Verdict = ReturnType<TaskMonitor['check']>;

function withoutRules(verdict: Verdict, isChanged: boolean): Verdict {
  return isChanged && (verdict === 'success' || verdict === 'failure') ? 'running' : verdict;
}
