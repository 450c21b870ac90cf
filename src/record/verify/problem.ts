import { ArmatureError } from '../../core/errors.ts';

/** Something in a dataset that is not as it should be. */
export interface DatasetProblem {
  /** An error makes a dataset, or a part of it, unusable or wrong; a warning is to be known and does no harm. */
  readonly severity: 'error' | 'warning';
  /** Path relative to the dataset's folder. */
  readonly file: string;
  /** Index of the episode it concerns, if it is one. */
  readonly episode?: number;
  readonly problem: string;
  readonly expected?: string;
  readonly found?: string;
  readonly remedy: string;
}

export type ProblemDetails = Pick<DatasetProblem, 'expected' | 'found' | 'remedy'> & { readonly episode?: number };

/** What to do about the usual causes. */
export const REMEDIES = {
  repair: 'Run "armature dataset verify --repair" on it.',
  copy: 'Copy the file again from where the dataset was recorded.',
  without: 'Make a dataset without the episode: "armature dataset delete-episodes".',
  repairOrWithout:
    'If a recording was interrupted, run "armature dataset verify --repair"; else leave the episode out: "armature dataset delete-episodes".',
  rewrite: 'Write the dataset anew with "armature dataset convert".',
} as const;

export function errorIn(file: string, problem: string, details: ProblemDetails): DatasetProblem {
  return { severity: 'error', file, problem, ...details };
}

export function warningIn(file: string, problem: string, details: ProblemDetails): DatasetProblem {
  return { severity: 'warning', file, problem, ...details };
}

/** The problem that an error of reading stands for. Throws again what is no ArmatureError: that is a fault of ours. */
export function problemOf(error: unknown, file: string, episode?: number): DatasetProblem {
  if (!(error instanceof ArmatureError)) throw error;
  const { problem, expected, found, remedy } = error;
  return {
    severity: 'error',
    file,
    problem: withoutPath(problem, file),
    ...(episode === undefined ? {} : { episode }),
    ...(expected === undefined ? {} : { expected }),
    ...(found === undefined ? {} : { found }),
    remedy,
  };
}

/** Errors of files begin with their absolute path; a problem names the file already. */
function withoutPath(problem: string, file: string): string {
  const end = problem.indexOf(`${file}: `);
  return end < 0 ? problem : problem.slice(end + file.length + 2);
}

/** `3, 7 and 8 (12 in all)` */
export function listNumbers(numbers: readonly number[]): string {
  const shown = numbers.slice(0, 5).join(', ');
  return numbers.length > 5 ? `${shown}, ... (${numbers.length} in all)` : shown;
}
