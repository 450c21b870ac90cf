import { join } from 'node:path';
import { encodeEpisodes, encodeTasks, statisticsDocument } from '../dataset-encoding.ts';
import type { EpisodeRow } from '../dataset-encoding.ts';
import { commitFiles, finishPartial, keepCopy, listFiles, setAside, setAsideLeftovers } from '../dataset-files.ts';
import type { PendingFile } from '../dataset-files.ts';
import { lockDataset } from '../dataset-lock.ts';
import { isComplete, readInfo, readRows, readStatistics, readTasks } from '../dataset-metadata.ts';
import type { StoredEpisode } from '../dataset-metadata.ts';
import { DATASET_PATHS, fileIndexOf, formatPath } from '../format.ts';
import type { DatasetInfo, EpisodeRecord, FeatureStatistics } from '../format.ts';
import { nextFile, referencedFiles } from '../recover-dataset.ts';
import { joinStatistics } from '../statistics.ts';
import { loadEpisodes } from './check-episodes.ts';
import { checkTasks } from './check-tasks.ts';
import { completeEpisodes } from './complete-episodes.ts';
import { readFooterless } from './footerless-parquet.ts';
import { measuredFeatures, repairStatistics } from './repair-statistics.ts';
import { rewriteParquet } from './rewrite-parquet.ts';
import { findUncounted } from './uncounted-episodes.ts';
import { openWholeParquet } from './whole-parquet.ts';
import type { Verification } from './verify-dataset.ts';

/** Something that was changed to repair a dataset. */
export interface Repair {
  /** Relative to the dataset's folder. */
  readonly file: string;
  readonly done: string;
}

/**
 * Makes an interrupted dataset loadable: unfinished files go, episodes that are complete are counted, those
 * at the end that are not lose their row, data files without an end get one, counts and statistics are computed anew. Frames of complete episodes
 * keep their values; of every data file and every row that is taken away a copy ending in ".orphan" stays. An
 * incomplete episode that complete ones follow is left as it is. Throws InvalidFileError where info.json or
 * the tasks cannot be read, E_DATASET_BUSY while another process writes.
 */
export async function repairDataset(directory: string, verification: Verification): Promise<Repair[]> {
  const unlock = await lockDataset(directory);
  try {
    return await repairLocked(directory, verification);
  } finally {
    await unlock();
  }
}

async function repairLocked(directory: string, verification: Verification): Promise<Repair[]> {
  const info = await readInfo(directory);
  const repairs: Repair[] = [...(await repairTasks(directory, info))];
  const tasks = await readTasks(directory);
  const closed = await closeDataFiles(directory, info);
  const { kept, repairs: cuts } = await cutTail(directory, info);
  repairs.push(...closed, ...cuts);
  const counted = await countMore(directory, info, { kept, tasks });
  repairs.push(...counted.repairs);
  const rows = await repairRows(directory, info, kept, verification);
  repairs.push(...rows.repairs);
  const episodes = [...rows.rows, ...counted.rows];
  repairs.push(...(await trimData(directory, info, episodes)));
  for (const { path, done } of await setAsideLeftovers(directory, referencedFiles(info, episodes)))
    repairs.push({
      file: path,
      done: done === 'removed' ? 'removed: it was not finished' : `set aside: it belongs to no episode`,
    });
  const hasChanged = [...cuts, ...counted.repairs, ...rows.repairs].length > 0;
  repairs.push(...(await repairTotals(directory, info, { episodes, tasks, verification, hasChanged })));
  return repairs;
}

async function repairTasks(directory: string, info: DatasetInfo): Promise<Repair[]> {
  const { problems } = await checkTasks(directory, info);
  if (!problems.some(({ file, severity }) => file === DATASET_PATHS.tasks && severity === 'error')) return [];
  const tasks = await readTasks(directory);
  await commitFiles(directory, [
    { path: DATASET_PATHS.tasks, content: encodeTasks(Array.from(tasks, (task) => task ?? '')) },
  ]);
  return [{ file: DATASET_PATHS.tasks, done: 'written anew: the sentences are the index, in the order of task_index' }];
}

/** Data files that a writer left without their end, as LeRobot does when it dies, are written again with it. */
async function closeDataFiles(directory: string, info: DatasetInfo): Promise<Repair[]> {
  const features = measuredFeatures(info);
  // The place of a column in such a file follows from the types of those before it.
  if (Object.keys(features).length < Object.keys(info.features).length) return [];
  const repairs: Repair[] = [];
  for (const file of await listFiles(directory, 'data', '.parquet')) {
    if ((await openWholeParquet(join(directory, file))) !== undefined) continue;
    const rows = await readFooterless(join(directory, file), features);
    if (rows === undefined) continue;
    await keepCopy(directory, file);
    await commitFiles(directory, [{ path: file, content: rows.content }]);
    repairs.push({
      file,
      done: `its end was missing: written again with the ${rows.count} rows that were found in it`,
    });
  }
  return repairs;
}

/** Rows at the end whose frames are not all there are set aside, with files of rows that cannot be read. */
async function cutTail(
  directory: string,
  info: DatasetInfo,
): Promise<{ readonly kept: readonly StoredEpisode[]; readonly repairs: Repair[] }> {
  const repairs: Repair[] = [];
  const { stored, problems } = await loadEpisodes(directory, info);
  const lastReadable = stored.at(-1)?.file ?? '';
  for (const { file } of problems) {
    if (file < lastReadable) continue;
    await setAside(directory, file);
    repairs.push({ file, done: 'set aside: it cannot be read' });
  }
  const complete = await completeEpisodes(directory, info, stored);
  const count = complete.lastIndexOf(true) + 1;
  const kept = stored.slice(0, count);
  for (const file of new Set(stored.slice(count).map((row) => row.file))) {
    const rows = kept.filter((row) => row.file === file);
    const lost = stored
      .slice(count)
      .filter((row) => row.file === file)
      .map(({ episode }) => episode.episodeIndex);
    await (rows.length > 0 ? keepCopy : setAside)(directory, file);
    if (rows.length > 0)
      await commitFiles(directory, [
        episodesFile(
          info,
          file,
          rows.map((row) => toRow(row)),
        ),
      ]);
    repairs.push({
      file,
      done: `set aside: frames are missing of episode ${lost.join(', ')}${rows.length > 0 ? '; the others were written again' : ''}`,
    });
  }
  return { kept, repairs };
}

async function countMore(
  directory: string,
  info: DatasetInfo,
  { kept, tasks }: { readonly kept: readonly StoredEpisode[]; readonly tasks: readonly string[] },
): Promise<{ readonly rows: readonly EpisodeRow[]; readonly repairs: Repair[] }> {
  const features = measuredFeatures(info);
  const nextEpisodes = await nextFile(directory, 'meta/episodes', info);
  const { rows, unnamed } = await findUncounted({ directory, info, features, tasks, stored: kept, nextEpisodes });
  if (rows.length === 0) return { rows, repairs: [] };
  for (const file of unnamed) await finishPartial(directory, file);
  const file = formatPath(DATASET_PATHS.episodes, nextEpisodes);
  await commitFiles(directory, [{ path: file, content: encodeEpisodes(features, rows) }]);
  const indices = rows.map(({ episodeIndex }) => episodeIndex).join(', ');
  return { rows, repairs: [{ file, done: `written: all frames of episode ${indices} are there` }] };
}

/** Rows with wrong or missing statistics, or that name another file than theirs, are written anew. */
async function repairRows(
  directory: string,
  info: DatasetInfo,
  kept: readonly StoredEpisode[],
  verification: Verification,
): Promise<{ readonly rows: readonly EpisodeRow[]; readonly repairs: Repair[] }> {
  const changed = new Map<string, string>();
  const rows: (EpisodeRow & { readonly file: string })[] = [];
  for (const row of kept) {
    const statistics = await repairStatistics(directory, info, row, verification.found);
    if (statistics !== undefined) changed.set(row.file, 'written anew with statistics computed from the frames');
    rows.push({ ...toRow(row, statistics), file: row.file });
  }
  const last = kept.at(-1);
  if (last !== undefined && formatPath(DATASET_PATHS.episodes, last.statedFile) !== last.file)
    changed.set(last.file, changed.get(last.file) ?? 'written anew: its rows named another file');
  const files = [...changed.keys()].map((file) =>
    episodesFile(
      info,
      file,
      rows.filter((row) => row.file === file),
    ),
  );
  await commitFiles(directory, files);
  return { rows, repairs: [...changed].map(([file, done]) => ({ file, done })) };
}

/** Rows of no episode in a data file that episodes lie in: LeRobot would read them. */
async function trimData(directory: string, info: DatasetInfo, episodes: readonly EpisodeRecord[]): Promise<Repair[]> {
  const lengths = new Map<string, number>();
  for (const { data, length } of episodes) {
    const file = formatPath(info.data_path, data);
    lengths.set(file, (lengths.get(file) ?? 0) + length);
  }
  const repairs: Repair[] = [];
  for (const file of await listFiles(directory, 'data', '.parquet')) {
    const length = lengths.get(file);
    if (length === undefined) continue;
    const parquet = await openWholeParquet(join(directory, file));
    if (parquet === undefined) continue;
    const surplus = Number(parquet.metadata.num_rows) - length;
    if (surplus <= 0) continue;
    const content = rewriteParquet(parquet, await readRows(parquet, { rowEnd: length }));
    await keepCopy(directory, file);
    await commitFiles(directory, [{ path: file, content }]);
    repairs.push({
      file,
      done: `written again without ${surplus} rows of no episode; the file as it was is set aside`,
    });
  }
  return repairs;
}

interface Totals {
  readonly episodes: readonly EpisodeRow[];
  readonly tasks: readonly string[];
  readonly verification: Verification;
  readonly hasChanged: boolean;
}

async function repairTotals(directory: string, info: DatasetInfo, totals: Totals): Promise<Repair[]> {
  const statistics = await totalStatistics(directory, info, totals);
  const counts = repairedCounts(info, totals);
  const files = [...(statistics === undefined ? [] : [statistics]), ...(counts === undefined ? [] : [counts.file])];
  await commitFiles(directory, files);
  return [
    ...(statistics === undefined ? [] : [{ file: statistics.path, done: 'computed anew' }]),
    ...(counts === undefined ? [] : [{ file: counts.file.path, done: counts.done }]),
  ];
}

async function totalStatistics(
  directory: string,
  info: DatasetInfo,
  { episodes, verification, hasChanged }: Totals,
): Promise<PendingFile | undefined> {
  const isFaulty = verification.problems.some(({ file }) => file === DATASET_PATHS.statistics);
  if (!hasChanged && !isFaulty) return undefined;
  const statistics = joinStatistics(episodes.map((row) => row.statistics));
  // What the episodes do not have cannot be joined; it stays as it is unless it is part of what is wrong.
  for (const [name, values] of isFaulty ? [] : await readStatistics(directory))
    if (!statistics.has(name) && isComplete(values)) statistics.set(name, values);
  return {
    path: DATASET_PATHS.statistics,
    content: toJson(statisticsDocument(measuredFeatures(info), statistics)),
  };
}

function repairedCounts(
  info: DatasetInfo,
  { episodes, tasks }: Totals,
): { readonly file: PendingFile; readonly done: string } | undefined {
  const counts = {
    total_episodes: episodes.length,
    total_frames: episodes.at(-1)?.toIndex ?? 0,
    total_tasks: tasks.length,
  };
  const differing = Object.entries(counts).filter(([name, value]) => info[name] !== value);
  const splits = repairedSplits(info.splits, episodes.length);
  if (differing.length === 0 && splits['train'] === info.splits['train']) return undefined;
  const changes = differing.map(([name, value]) => `${name} ${String(info[name])} -> ${value}`);
  return {
    file: { path: DATASET_PATHS.info, content: toJson({ ...info, ...counts, splits }) },
    done: `counts: ${changes.join(', ') || `split train ${splits['train']}`}`,
  };
}

/** All episodes are for training, unless somebody divided them. */
function repairedSplits(splits: DatasetInfo['splits'], episodes: number): DatasetInfo['splits'] {
  if (Object.keys(splits).length > 1) return splits;
  return episodes === 0 ? {} : { train: `0:${episodes}` };
}

function toRow(
  { file, episode, statistics }: StoredEpisode,
  repaired?: ReadonlyMap<string, FeatureStatistics>,
): EpisodeRow {
  const complete = [...statistics].flatMap(([name, values]) => (isComplete(values) ? [[name, values] as const] : []));
  return {
    ...episode,
    metadata: fileIndexOf(file),
    numbers: new Map(),
    pictures: new Map(),
    statistics: repaired ?? new Map(complete),
  };
}

function episodesFile(info: DatasetInfo, path: string, rows: readonly EpisodeRow[]): PendingFile {
  return { path, content: encodeEpisodes(measuredFeatures(info), rows) };
}

function toJson(document: unknown): string {
  return JSON.stringify(document, null, 4);
}
