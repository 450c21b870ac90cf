import type { EpisodeEvidence, Manner } from './episode-evidence.ts';
import type { FailurePhase } from './failure-phases.ts';

export { failurePhases } from './failure-phases.ts';
export type { FailurePhase } from './failure-phases.ts';

/** How a failed episode ended: by the task's own rule, by time, or by a stop from outside. */
export type FailedEnding = 'failure' | 'time-limit' | 'stopped';

/** The gripper frame is this near, m, when the fingers are at a thing; others stand farther apart than that. */
const nearM: Readonly<Record<Manner, number>> = { touch: 0.04, lift: 0.05, push: 0.05, place: 0.05 };
/** A thing moved less than this was not pushed. */
const movedM = 0.01;
/** What gets nearer to the goal by this much in the last second is still on the way. */
const gainM = 0.005;
/** Held this near the goal, only letting go is missing. */
const atGoalM = 0.03;

/**
 * Why a failed episode failed. The first that applies counts:
 * 1. `stopped`: the task had no say in the end.
 * 2. `wrong-object`: whatever came of the named thing, another one was acted upon.
 * 3. `out-of-reach`: the task's rule ended the episode.
 * 4. `not-in-time`: the condition for success held at the last tick.
 * 5. `did-not-find`, then `did-not-grasp`: the first step that was never taken.
 * 6. `dropped`, `not-in-time` or `missed-goal`: by what became of the named thing last.
 */
export function classifyFailure(evidence: EpisodeEvidence, ending: FailedEnding): FailurePhase {
  if (ending === 'stopped') return 'stopped';
  if (evidence.wrongObject) return 'wrong-object';
  if (ending === 'failure') return 'out-of-reach';
  if (evidence.fulfilled) return 'not-in-time';
  const { manner } = evidence;
  if (manner === 'touch') return evidence.nearestM > nearM.touch ? 'did-not-find' : 'missed-goal';
  const isTaken = manner === 'push' ? evidence.movedM > movedM : evidence.grip !== 'none';
  if (!isTaken) return evidence.nearestM > nearM[manner] ? 'did-not-find' : 'did-not-grasp';
  if (manner !== 'push' && evidence.grip === 'dropped') return 'dropped';
  return isOnTheWay(evidence) ? 'not-in-time' : 'missed-goal';
}

function isOnTheWay({ manner, grip, gainedM, remainingM }: EpisodeEvidence): boolean {
  if (manner === 'push') return gainedM > gainM;
  return grip === 'holding' && (gainedM > gainM || (manner === 'place' && remainingM < atGoalM));
}
