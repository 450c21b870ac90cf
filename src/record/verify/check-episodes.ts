import { readStoredEpisodes } from '../dataset-metadata.ts';
import type { StoredEpisode } from '../dataset-metadata.ts';
import { listFiles } from '../dataset-files.ts';
import { DATASET_PATHS, formatPath, nextFileIndex } from '../format.ts';
import type { DatasetInfo, EpisodeRecord } from '../format.ts';
import { FRAME_TIME_TOLERANCE_S } from '../read-video.ts';
import { errorIn, problemOf, REMEDIES, warningIn } from './problem.ts';
import type { DatasetProblem } from './problem.ts';

const EPISODES_FOLDER = 'meta/episodes';

/** Reads all rows of meta/episodes that can be read. */
export async function loadEpisodes(
  directory: string,
  info: DatasetInfo,
): Promise<{ readonly problems: DatasetProblem[]; readonly stored: readonly StoredEpisode[] }> {
  const problems: DatasetProblem[] = [];
  const stored: StoredEpisode[] = [];
  for (const file of await listFiles(directory, EPISODES_FOLDER, '.parquet')) {
    try {
      stored.push(...(await readStoredEpisodes(directory, file, info)));
    } catch (error) {
      problems.push(problemOf(error, file));
    }
  }
  return { problems, stored };
}

/** Checks the rows of meta/episodes against each other, the tasks and the counts of info.json. */
export function checkEpisodes(
  info: DatasetInfo,
  stored: readonly StoredEpisode[],
  tasks: readonly string[],
): DatasetProblem[] {
  return [
    ...stored.flatMap((row, position) => checkRow(info, row, stored[position - 1]?.episode, position)),
    ...stored.flatMap((row) => checkTasksOf(row, tasks)),
    ...checkSpans(info, stored),
    ...checkStatedFile(info, stored),
    ...checkCounts(info, stored),
  ];
}

function checkRow(
  info: DatasetInfo,
  { file, episode }: StoredEpisode,
  before: EpisodeRecord | undefined,
  position: number,
): DatasetProblem[] {
  const { episodeIndex, length, fromIndex, toIndex } = episode;
  const problem = (what: string, expected: string, found: string): DatasetProblem =>
    errorIn(file, what, { episode: episodeIndex, expected, found, remedy: REMEDIES.copy });
  const problems: DatasetProblem[] = [];
  if (episodeIndex !== position)
    problems.push(problem('the rows are not numbered through', `episode ${position}`, `episode ${episodeIndex}`));
  if (length <= 0) problems.push(problem('the episode is empty', 'at least one frame', `length ${length}`));
  const from = before?.toIndex ?? 0;
  if (fromIndex !== from)
    problems.push(problem('does not follow the episode before', `frames from ${from}`, `frames from ${fromIndex}`));
  if (toIndex - fromIndex !== length)
    problems.push(problem('length and frames differ', `${length} frames`, `frames ${fromIndex} to ${toIndex}`));
  for (const [key, { fromTimestampS, toTimestampS }] of Object.entries(episode.videos)) {
    const differenceS = toTimestampS - fromTimestampS - length / info.fps;
    // Not fatal: readers count frames from the beginning of the span.
    if (Math.abs(differenceS) <= FRAME_TIME_TOLERANCE_S) continue;
    problems.push(
      warningIn(file, `the span in the video of ${key} has another length than the episode`, {
        episode: episodeIndex,
        expected: `${length / info.fps} s`,
        found: `${toTimestampS - fromTimestampS} s`,
        remedy: REMEDIES.rewrite,
      }),
    );
  }
  return problems;
}

function checkTasksOf({ file, episode }: StoredEpisode, tasks: readonly string[]): DatasetProblem[] {
  const unknown = episode.tasks.filter((task) => !tasks.includes(task));
  if (episode.tasks.length > 0 && unknown.length === 0) return [];
  return [
    errorIn(file, episode.tasks.length === 0 ? 'the episode has no task' : 'a task is not in the list of tasks', {
      episode: episode.episodeIndex,
      expected: `tasks of ${DATASET_PATHS.tasks}`,
      ...(unknown.length === 0 ? {} : { found: unknown.join(', ') }),
      remedy: REMEDIES.copy,
    }),
  ];
}

/** Spans of one video file may have gaps, but must not overlap: one frame would belong to two episodes. */
function checkSpans(info: DatasetInfo, stored: readonly StoredEpisode[]): DatasetProblem[] {
  const ends = new Map<string, { readonly endS: number; readonly episode: number }>();
  const problems: DatasetProblem[] = [];
  for (const { file, episode } of stored) {
    for (const [key, span] of Object.entries(episode.videos)) {
      const path = videoPath(info, span, key);
      const before = ends.get(path);
      if (before !== undefined && span.fromTimestampS < before.endS - FRAME_TIME_TOLERANCE_S) {
        problems.push(
          errorIn(file, `the span in ${path} overlaps that of episode ${before.episode}`, {
            episode: episode.episodeIndex,
            expected: `from ${before.endS} s`,
            found: `from ${span.fromTimestampS} s`,
            remedy: REMEDIES.copy,
          }),
        );
      }
      const endS = span.fromTimestampS + episode.length / info.fps;
      ends.set(path, { endS, episode: episode.episodeIndex });
    }
  }
  return problems;
}

/**
 * LeRobot continues a dataset in the file after the one the last row names, whatever may be there. Its own tools
 * leave names of files that are gone.
 */
function checkStatedFile(info: DatasetInfo, stored: readonly StoredEpisode[]): DatasetProblem[] {
  const last = stored.at(-1);
  if (last === undefined) return [];
  const stated = formatPath(DATASET_PATHS.episodes, last.statedFile);
  if (stated === last.file) return [];
  const next = formatPath(DATASET_PATHS.episodes, nextFileIndex(last.statedFile, info.chunks_size));
  const details = { episode: last.episode.episodeIndex, expected: last.file, found: stated, remedy: REMEDIES.repair };
  return stored.some(({ file }) => file === next)
    ? [errorIn(last.file, 'the last row names another file than its own: LeRobot would write over episodes', details)]
    : [warningIn(last.file, 'the last row names another file than its own', details)];
}

function checkCounts(info: DatasetInfo, stored: readonly StoredEpisode[]): DatasetProblem[] {
  const frames = stored.reduce((sum, { episode }) => sum + episode.length, 0);
  const counts = [
    ['total_episodes', stored.length, info.total_episodes],
    ['total_frames', frames, info.total_frames],
  ] as const;
  const problems = counts.flatMap(([name, expected, found]) =>
    expected === found
      ? []
      : [
          errorIn(DATASET_PATHS.info, `${name} is wrong: the recording was interrupted, or files are missing`, {
            expected: `${expected}, as ${EPISODES_FOLDER} says`,
            found: String(found),
            remedy: REMEDIES.repair,
          }),
        ],
  );
  const split = info.splits['train'];
  if (
    split !== undefined &&
    problems.length === 0 &&
    Object.keys(info.splits).length === 1 &&
    split !== `0:${stored.length}`
  )
    problems.push(
      warningIn(DATASET_PATHS.info, 'the split "train" does not hold all episodes', {
        expected: `0:${stored.length}`,
        found: split,
        remedy: REMEDIES.repair,
      }),
    );
  return problems;
}

/** Path of an episode's video, relative to the dataset's folder. */
export function videoPath(info: DatasetInfo, span: EpisodeRecord['videos'][string], key: string): string {
  return formatPath(info.video_path ?? DATASET_PATHS.video, span, key);
}
