import { z } from 'zod';
import { InvalidFileError } from '../../core/errors.ts';
import type { EvaluationMessage } from './replay-messages.ts';

/** A film of one episode, as `armature eval --video` names it beside the films. */
const clip = z.object({
  task: z.string(),
  seed: z.int(),
  /** Absent for a success. */
  phase: z.string().optional(),
  instruction: z.string(),
  /** Relative to the file. */
  path: z.string(),
  command: z.string(),
});

/** What `armature eval --json` prints; `clips` only in the folder of `--video`. */
const evaluation = z.object({
  suite: z.string(),
  policy: z.string(),
  agent: z.enum(['policy', 'expert']),
  precision: z.string(),
  conditions: z.object({ shifted: z.boolean(), paraphrased: z.boolean() }),
  seed: z.int(),
  tasks: z.array(
    z.object({
      task: z.string(),
      episodes: z.int(),
      successes: z.int(),
      successRate: z.number().min(0).max(1),
      ci95: z.tuple([z.number(), z.number()]),
      failures: z.record(z.string(), z.int().nonnegative()),
      wrongObjects: z.int(),
    }),
  ),
  meanSuccessRate: z.number(),
  tick: z.object({ p50Ms: z.number(), p99Ms: z.number() }),
  clips: z.array(clip).optional(),
});

export type EvaluationFile = z.infer<typeof evaluation>;

/** Whether a document of JSON was meant as an evaluation, whatever became of it. */
export function isEvaluation(document: unknown): boolean {
  return z.object({ meanSuccessRate: z.unknown(), tasks: z.unknown() }).safeParse(document).success;
}

/** Throws InvalidFileError that names the entries that do not fit. */
export function parseEvaluation(document: unknown, path: string): EvaluationFile {
  const result = evaluation.safeParse(document);
  if (result.success) return result.data;
  throw new InvalidFileError(path, `is no evaluation:\n${z.prettifyError(result.error)}`, {
    expected: 'what "armature eval --json" prints',
    remedy: 'Evaluate again, or use the version of Armature that wrote it.',
  });
}

/** Who was evaluated. */
export function evaluationTitle({ agent, policy, suite }: EvaluationFile): string {
  return `${agent === 'expert' ? `the expert through the tokens of ${policy}` : policy}, suite ${suite}`;
}

export function evaluationToMessage(file: EvaluationFile, path: string): EvaluationMessage {
  const { precision, conditions, seed, tasks, meanSuccessRate, tick, clips = [] } = file;
  const changed = [
    ...(conditions.shifted ? ['light, colours and camera mounts outside the range of training'] : []),
    ...(conditions.paraphrased ? ['wordings kept apart from training'] : []),
  ];
  return {
    path,
    title: evaluationTitle(file),
    subtitle: `${precision}, seeds from ${seed}, ${changed.join('; ') || 'conditions as in training'}`,
    meanSuccessRate,
    tick,
    tasks,
    clips: clips.map(({ task, seed, instruction, command, phase = '' }) => ({
      task,
      seed,
      instruction,
      command,
      phase,
    })),
  };
}

/** The evaluation of a folder of films that none of its files describes, from the names `<phase>/<task>-<seed>.mp4`. */
export function clipsToMessage(clips: readonly string[], path: string): EvaluationMessage {
  return {
    path,
    title: 'Films',
    subtitle: 'The folder holds films without the numbers: evaluate again with --video to have them.',
    meanSuccessRate: null,
    tick: null,
    tasks: [],
    clips: clips.map((clipPath) => {
      const [phase = '', file = ''] = clipPath.split('/');
      const [, task = file, seed = '0'] = /^(.+)-(\d+)\.mp4$/.exec(file) ?? [];
      return { task, seed: Number(seed), phase: phase === 'success' ? '' : phase, instruction: '', command: '' };
    }),
  };
}
