import type { Evaluation, EvaluationOutcome } from '../runtime/evaluation.ts';
import { failurePhases } from '../sim/failure-phase.ts';
import type { FailurePhase } from '../sim/failure-phase.ts';
import type { Gallery } from './report/gallery.ts';
import { formatTable } from './table.ts';

/** An evaluation for people: rates, then what went wrong. */
export function evaluationText(evaluation: Evaluation): string {
  const { tasks, meanSuccessRate, tick } = evaluation;
  const table = formatTable(
    ['task', 'success', '95 % interval', 'episodes', 'wrong object', 'failures'],
    tasks.map(({ task, successRate, ci95, successes, episodes, wrongObjects, wrongObjectRate, failures }) => [
      task,
      percent(successRate),
      `${percent(ci95[0])} to ${percent(ci95[1])}`,
      `${successes} of ${episodes}`,
      wrongObjects === 0 ? 'none' : `${wrongObjects}, ${percent(wrongObjectRate)}`,
      failuresText(failures),
    ]),
  );
  const times = `decision ${tick.p50Ms.toFixed(1)} ms median, ${tick.p99Ms.toFixed(1)} ms worst 99th percentile`;
  return `${table}\n\nmean ${percent(meanSuccessRate)}, ${times}\n${conditionsText(evaluation)}`;
}

/** The films that were kept, and how to see each again. */
export function galleryOf(evaluation: Evaluation, outcomes: readonly EvaluationOutcome[], policy: string): Gallery {
  const { conditions, precision, agent } = evaluation;
  const flags = [
    ...(agent === 'expert' ? ['--expert'] : []),
    ...(conditions.shifted ? ['--shift'] : []),
    ...(conditions.paraphrased ? ['--paraphrases'] : []),
    `--precision ${precision}`,
  ].join(' ');
  // Workers end in any order; the page shall not depend on it.
  const inOrder = evaluation.tasks.flatMap(({ task }) =>
    outcomes.filter((outcome) => outcome.task === task).toSorted((first, second) => first.seed - second.seed),
  );
  const clips = inOrder.flatMap((outcome) => {
    const { task, seed, instruction, phase, wrongObject, durationS, clip } = outcome;
    if (clip === undefined) return [];
    const film = `--video again${phase === undefined ? ' --video-all' : ''}`;
    const command = `armature eval --policy ${policy} --tasks ${task} --episodes 1 --seed ${seed} ${flags} ${film}`;
    return [{ task, seed, instruction, phase, wrongObject, durationS, path: clip, command }];
  });
  return {
    title: `What ${agent === 'expert' ? 'the expert' : evaluation.policy} did not do`,
    subtitle: conditionsText(evaluation),
    tasks: evaluation.tasks,
    clips,
  };
}

/** Who acted, and what was different from training. */
export function conditionsText({
  agent,
  policy,
  precision,
  conditions,
  seed,
}: Pick<Evaluation, 'agent' | 'policy' | 'conditions' | 'seed'> & Partial<Pick<Evaluation, 'precision'>>): string {
  const who =
    agent === 'expert'
      ? `the expert through the tokens of ${policy}`
      : precision === undefined
        ? policy
        : `${policy}, ${precision}`;
  const looks = conditions.shifted ? 'light, colours and camera mounts outside the range of training' : undefined;
  const words = conditions.paraphrased ? 'wordings kept apart from training' : undefined;
  const changed = [looks, words].filter((text) => text !== undefined).join('; ');
  return `${who}, seeds from ${seed}, ${changed === '' ? 'conditions as in training' : changed}`;
}

/** How often what went wrong; `none`. */
export function failuresText(failures: Readonly<Partial<Record<FailurePhase, number>>>): string {
  const phases = (Object.keys(failurePhases) as FailurePhase[]).filter((phase) => failures[phase] !== undefined);
  return phases.length === 0 ? 'none' : phases.map((phase) => `${failures[phase]} ${phase}`).join(', ');
}

function percent(rate: number): string {
  return `${(100 * rate).toFixed(1)} %`;
}
