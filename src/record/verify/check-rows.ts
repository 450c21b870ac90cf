import type { StoredEpisode } from '../dataset-metadata.ts';
import { elementCount } from '../format.ts';
import type { DatasetInfo, FeatureInfo, FeatureStatistics } from '../format.ts';
import { isScalar } from '../parquet-schema.ts';
import { FRAME_TIME_TOLERANCE_S } from '../read-video.ts';
import { computeStatistics } from '../statistics.ts';
import { isNumeric } from './column-types.ts';
import { errorIn, listNumbers, REMEDIES, warningIn } from './problem.ts';
import type { DatasetProblem, ProblemDetails } from './problem.ts';

/** The rows of one episode with what they are held against. */
export interface EpisodeRows {
  /** Data file, relative to the dataset's folder. */
  readonly file: string;
  readonly info: DatasetInfo;
  readonly tasks: readonly string[];
  readonly stored: StoredEpisode;
  readonly rows: readonly Record<string, unknown>[];
}

/** Checks the columns that the recorder itself writes: they place each row in its episode and in the dataset. */
export function checkPlaces({ file, info, tasks, stored, rows }: EpisodeRows): DatasetProblem[] {
  const { episodeIndex, fromIndex } = stored.episode;
  const columns = [
    ['index', (frame: number) => fromIndex + frame],
    ['frame_index', (frame: number) => frame],
    ['episode_index', () => episodeIndex],
  ] as const;
  const problem = (what: string, details: Omit<ProblemDetails, 'episode'>): DatasetProblem =>
    errorIn(file, what, { episode: episodeIndex, ...details });
  const problems = columns.flatMap(([name, expected]) => {
    const wrong = framesWhere(rows, (row, frame) => Number(row[name]) !== expected(frame));
    const [first] = wrong;
    if (first === undefined) return [];
    return [
      problem(`${name} is wrong in frame ${listNumbers(wrong)}`, {
        expected: `${expected(first)} in frame ${first}`,
        found: String(rows[first]?.[name]),
        remedy: REMEDIES.rewrite,
      }),
    ];
  });
  const late = framesWhere(
    rows,
    (row, frame) => !(Math.abs(Number(row['timestamp']) - frame / info.fps) <= FRAME_TIME_TOLERANCE_S),
  );
  if (late[0] !== undefined) {
    problems.push(
      problem(`timestamp is wrong in frame ${listNumbers(late)}`, {
        expected: `frame_index / fps = ${late[0] / info.fps} s in frame ${late[0]}`,
        found: `${String(rows[late[0]]?.['timestamp'])} s`,
        remedy: REMEDIES.rewrite,
      }),
    );
  }
  const found = new Set(rows.map((row) => tasks[Number(row['task_index'])] ?? `task ${String(row['task_index'])}`));
  const expected = new Set(stored.episode.tasks);
  if ([...found].some((task) => !expected.has(task)) || found.size !== expected.size) {
    problems.push(
      problem('the tasks of the rows are not those of the episode', {
        expected: [...expected].join(', '),
        found: [...found].join(', '),
        remedy: REMEDIES.copy,
      }),
    );
  }
  return problems;
}

/**
 * Checks the numbers of every feature: as many per row as its shape says, all of them finite. Gives the
 * statistics of the features that are in order.
 */
export function checkNumbers(episode: EpisodeRows): {
  readonly problems: DatasetProblem[];
  readonly statistics: Map<string, FeatureStatistics>;
} {
  const problems: DatasetProblem[] = [];
  const statistics = new Map<string, FeatureStatistics>();
  for (const [name, feature] of Object.entries(episode.info.features)) {
    if (!isNumeric(feature) || episode.rows.length === 0) continue;
    const cells = episode.rows.map((row) => row[name]);
    const width = elementCount(feature);
    const values = new Float64Array(cells.length * width);
    const misshapen = framesWhere(
      cells,
      (cell, frame) => !copyCell(cell, feature, values.subarray(frame * width, (frame + 1) * width)),
    );
    const details = { episode: episode.stored.episode.episodeIndex, remedy: REMEDIES.without };
    if (misshapen[0] !== undefined) {
      const [expected, found] = [`${width} values`, describeCell(cells[misshapen[0]])];
      const what = `${name} does not have the feature's shape in frame ${listNumbers(misshapen)}`;
      problems.push(errorIn(episode.file, what, { ...details, expected, found }));
      continue;
    }
    const strange = framesWhere(
      cells,
      (_, frame) => !values.subarray(frame * width, (frame + 1) * width).every(Number.isFinite),
    );
    if (strange.length === 0) statistics.set(name, computeStatistics(values, width));
    else
      problems.push(
        errorIn(episode.file, `${name} holds values that are no numbers in frame ${listNumbers(strange)}`, details),
      );
  }
  return { problems: [...problems, ...checkClock(episode)], statistics };
}

/** `observation.time`, where a recording has it, is a clock: it never stands or runs backwards. */
function checkClock({ file, info, stored, rows }: EpisodeRows): DatasetProblem[] {
  if (info.features['observation.time'] === undefined) return [];
  const time = (frame: number): number => Number(rows[frame]?.['observation.time']);
  const wrong = framesWhere(rows, (_, frame) => frame > 0 && time(frame) <= time(frame - 1));
  if (wrong[0] === undefined) return [];
  return [
    warningIn(file, `observation.time does not grow in frame ${listNumbers(wrong)}`, {
      episode: stored.episode.episodeIndex,
      expected: `more than ${time(wrong[0] - 1)} s`,
      found: `${time(wrong[0])} s`,
      remedy: REMEDIES.without,
    }),
  ];
}

/** Copies the numbers of a row; false where they do not have the feature's shape. */
function copyCell(cell: unknown, feature: FeatureInfo, target: Float64Array): boolean {
  if (isScalar(feature)) {
    target[0] = Number(cell);
    return isNumber(cell);
  }
  if (!Array.isArray(cell) || cell.length !== target.length || !cell.every(isNumber)) return false;
  target.set(cell.map(Number));
  return true;
}

function isNumber(value: unknown): boolean {
  return typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean';
}

function describeCell(cell: unknown): string {
  return Array.isArray(cell) ? `[${cell.map(String).join(', ')}]` : String(cell);
}

function framesWhere<T>(rows: readonly T[], isWrong: (row: T, frame: number) => boolean): number[] {
  return rows.flatMap((row, frame) => (isWrong(row, frame) ? [frame] : []));
}
