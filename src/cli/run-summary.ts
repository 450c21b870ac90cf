import type { EpisodeResult } from '../runtime/episode-result.ts';
import type { SessionEpisode } from '../runtime/policy-session.ts';
import { countOf } from './count-of.ts';
import type { RunJob } from './run-episodes.ts';

/** What `armature run --json` says of an episode. */
export interface EpisodeSummary {
  readonly instruction: string;
  /** Null for words that were given to a real arm. */
  readonly task: string | null;
  readonly seed: number;
  /** Null where no rule says what success is, or where the episode was stopped before its end. */
  readonly success: boolean | null;
  readonly outcome: EpisodeResult['outcome'];
  readonly durationS: number;
  /** Gate ticks at which the gate changed or refused the target. */
  readonly changedTicks: number;
  /** The same by reason, of which a tick may have several. */
  readonly interventions: EpisodeResult['interventions'];
  readonly inferenceMs: EpisodeResult['inferenceMs'];
  readonly latenessMs: EpisodeResult['latenessMs'];
  readonly skippedTicks: number;
  /** Decisions that their deadline cut short: the joints that came last kept their last target. */
  readonly cutDecisions: number;
}

export function summariseEpisode({ request }: RunJob, { instruction, seed, result }: SessionEpisode): EpisodeSummary {
  const { outcome, durationS, changedTicks, interventions, inferenceMs, latenessMs, skippedTicks, cutDecisions } =
    result;
  return {
    instruction,
    task: 'task' in request ? request.task.name : null,
    seed,
    success: request.judged && outcome !== 'aborted' ? result.success : null,
    outcome,
    durationS,
    changedTicks,
    interventions,
    inferenceMs,
    latenessMs,
    skippedTicks,
    cutDecisions,
  };
}

/** Share of the judged episodes that succeeded; null when there was none. */
export function successRate(episodes: readonly EpisodeSummary[]): number | null {
  const judged = episodes.filter(({ success }) => success !== null);
  return judged.length === 0 ? null : judged.filter(({ success }) => success === true).length / judged.length;
}

/** `  1  ok    lift the blue cube, 3.4 s` */
export function episodeLine({ success, instruction, outcome, durationS }: EpisodeSummary, number: number): string {
  const mark = success === null ? '--' : success ? 'ok' : 'no';
  const why = success === true ? '' : `, ended by ${outcome}`;
  return `${String(number).padStart(3)}  ${mark}  ${instruction}, ${durationS.toFixed(1)} s${why}`;
}

/** `2 of 3 succeeded (67 %)`, and how the loop did. */
export function summaryText(episodes: readonly EpisodeSummary[]): string {
  if (episodes.length === 0) return 'no episode was run';
  const judged = episodes.filter(({ success }) => success !== null);
  const succeeded = judged.filter(({ success }) => success === true).length;
  const share = judged.length === 0 ? '' : ` (${Math.round((100 * succeeded) / judged.length)} %)`;
  const worst = (values: readonly number[]): string => `${Math.max(0, ...values).toFixed(1)} ms`;
  const decided = worst(episodes.map(({ inferenceMs }) => inferenceMs.p99));
  const late = worst(episodes.map(({ latenessMs }) => latenessMs.p99));
  const cut = episodes.reduce((sum, { cutDecisions }) => sum + cutDecisions, 0);
  const gated = episodes.reduce((sum, { changedTicks }) => sum + changedTicks, 0);
  return [
    judged.length === 0
      ? `${countOf(episodes.length, 'episode')}, not judged`
      : `${succeeded} of ${judged.length} succeeded${share}`,
    `decision ${decided} and lateness ${late} (99th percentile of the worst episode), ${gated} ticks changed by the gate`,
    ...(cut === 0
      ? []
      : [`${countOf(cut, 'decision')} cut short by the deadline; the joints that came last kept their last target`]),
  ].join('\n');
}
