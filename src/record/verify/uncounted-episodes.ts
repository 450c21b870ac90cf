import { join } from 'node:path';
import { columnNames, readRows } from '../dataset-metadata.ts';
import type { ParquetFile, StoredEpisode } from '../dataset-metadata.ts';
import type { EpisodeRow } from '../dataset-encoding.ts';
import { listFiles, PARTIAL } from '../dataset-files.ts';
import { formatPath } from '../format.ts';
import type { DatasetInfo, EpisodeRecord, Features, FeatureStatistics, FileIndex } from '../format.ts';
import { pngStatistics, videoStatistics } from '../picture-statistics.ts';
import { checkNumbers } from './check-rows.ts';
import { openWholeParquet } from './whole-parquet.ts';
import { VideoTrack } from './video-track.ts';

/** A dataset up to its last counted episode. */
export interface CountedDataset {
  readonly directory: string;
  readonly info: DatasetInfo;
  readonly features: Features;
  readonly tasks: readonly string[];
  readonly stored: readonly StoredEpisode[];
  /** Where rows of more episodes go. */
  readonly nextEpisodes: FileIndex;
}

/** Episodes whose frames are all there and that only lack their row in meta/episodes. */
export interface UncountedEpisodes {
  readonly rows: readonly EpisodeRow[];
  /** Files of theirs that still have the name of an unfinished file. */
  readonly unnamed: readonly string[];
}

const PLACE_COLUMNS = ['episode_index', 'frame_index', 'index', 'task_index'];

/** Looks for them behind the counted ones, in order, and stops at the first that is not complete. */
export async function findUncounted(dataset: CountedDataset): Promise<UncountedEpisodes> {
  const { directory, info, stored } = dataset;
  const rows: EpisodeRow[] = [];
  const unnamed: string[] = [];
  const lastEpisode = stored.at(-1)?.episode;
  const last = lastEpisode === undefined ? '' : formatPath(info.data_path, lastEpisode.data);
  const tracks = await openTracks(dataset, lastEpisode);
  for (const { file, name } of await dataFiles(directory)) {
    if (file < last) continue;
    const parquet = await openWholeParquet(join(directory, name));
    if (parquet === undefined) break;
    const counted = file === last ? countRows(stored, info, last) : 0;
    const found = await episodesIn(dataset, { file, parquet, firstRow: counted }, { rows, tracks });
    rows.push(...found);
    if (found.length > 0 && name !== file) unnamed.push(file);
    if (found.length === 0 && file !== last) break;
  }
  return { rows, unnamed: [...unnamed, ...[...tracks.values()].flatMap((track) => track.unnamed)] };
}

interface DataFile {
  readonly file: string;
  readonly parquet: ParquetFile;
  readonly firstRow: number;
}

interface Context {
  readonly rows: readonly EpisodeRow[];
  readonly tracks: ReadonlyMap<string, VideoTrack>;
}

async function episodesIn(dataset: CountedDataset, data: DataFile, { rows, tracks }: Context): Promise<EpisodeRow[]> {
  const found: EpisodeRow[] = [];
  if (PLACE_COLUMNS.some((name) => !columnNames(data.parquet).includes(name))) return found;
  const places = await readRows(data.parquet, { columns: PLACE_COLUMNS, rowStart: data.firstRow });
  let start = 0;
  while (start < places.length) {
    const before = found.at(-1) ?? rows.at(-1) ?? dataset.stored.at(-1)?.episode;
    const episodeIndex = (before?.episodeIndex ?? -1) + 1;
    const fromIndex = before?.toIndex ?? 0;
    const ends = places.findIndex((row, at) => at >= start && Number(row['episode_index']) !== episodeIndex);
    const group = places.slice(start, ends < 0 ? places.length : ends);
    const isWhole = group.every(
      (row, frame) => Number(row['frame_index']) === frame && Number(row['index']) === fromIndex + frame,
    );
    const tasks = [...new Set(group.map((row) => dataset.tasks[Number(row['task_index'])]))];
    if (group.length === 0 || !isWhole || tasks.some((task) => task === undefined)) break;
    const videos = placeVideos(tracks, group.length);
    if (videos === undefined) break;
    const fileIndices = /chunk-(\d+)\/file-(\d+)/.exec(data.file);
    const episode: EpisodeRecord = {
      episodeIndex,
      tasks: tasks.filter((task) => task !== undefined),
      length: group.length,
      fromIndex,
      toIndex: fromIndex + group.length,
      data: { chunkIndex: Number(fileIndices?.[1]), fileIndex: Number(fileIndices?.[2]) },
      videos,
    };
    const statistics = await computeEpisode(dataset, data, { episode, start: data.firstRow + start, tracks });
    if (statistics === undefined) break;
    const metadata = dataset.nextEpisodes;
    found.push({ ...episode, metadata, numbers: new Map(), pictures: new Map(), statistics });
    start += group.length;
  }
  return found;
}

/** Undefined where a value is not as it should be. */
async function computeEpisode(
  { info, tasks, features }: CountedDataset,
  { file, parquet }: DataFile,
  place: { readonly episode: EpisodeRecord; readonly start: number; readonly tracks: ReadonlyMap<string, VideoTrack> },
): Promise<Map<string, FeatureStatistics> | undefined> {
  const { episode, start, tracks } = place;
  const rows = await readRows(parquet, { rowStart: start, rowEnd: start + episode.length });
  const stored: StoredEpisode = { file, episode, statedFile: episode.data, statistics: new Map() };
  const { problems, statistics } = checkNumbers({ file, info, tasks, stored, rows });
  if (problems.some(({ severity }) => severity === 'error')) return undefined;
  for (const [name, { dtype, shape }] of Object.entries(features)) {
    const size = { height: shape[0] ?? 0, width: shape[1] ?? 0 };
    const video = episode.videos[name];
    if (dtype === 'image') {
      const png = rows.map((row) => (row[name] as { bytes: Uint8Array }).bytes);
      statistics.set(name, pngStatistics(png, size));
    } else if (video !== undefined) {
      const path = tracks.get(name)?.pathOf(video) ?? '';
      const { fromTimestampS } = video;
      const span = { path, fromTimestampS, frameCount: episode.length, fps: info.fps };
      statistics.set(name, await videoStatistics(span, size));
    }
  }
  return statistics;
}

async function openTracks(
  { directory, info }: CountedDataset,
  last: EpisodeRecord | undefined,
): Promise<Map<string, VideoTrack>> {
  const tracks = new Map<string, VideoTrack>();
  for (const [key, { dtype }] of Object.entries(info.features)) {
    if (dtype === 'video') tracks.set(key, await VideoTrack.open({ directory, info, key, last }));
  }
  return tracks;
}

function placeVideos(tracks: ReadonlyMap<string, VideoTrack>, length: number): EpisodeRecord['videos'] | undefined {
  const placed = [...tracks].map(([key, track]) => [key, track.place(length)] as const);
  if (placed.some(([, video]) => video === undefined)) return undefined;
  return Object.fromEntries(placed) as EpisodeRecord['videos'];
}

function countRows(stored: readonly StoredEpisode[], info: DatasetInfo, file: string): number {
  return stored
    .filter(({ episode }) => formatPath(info.data_path, episode.data) === file)
    .reduce((sum, { episode }) => sum + episode.length, 0);
}

/** Data files in order; `name` differs from `file` where it is that of an unfinished file. */
async function dataFiles(directory: string): Promise<{ file: string; name: string }[]> {
  const finished = await listFiles(directory, 'data', '.parquet');
  const partial = await listFiles(directory, 'data', `.parquet${PARTIAL}`);
  const files = [
    ...finished.map((file) => ({ file, name: file })),
    ...partial
      .map((name) => ({ file: name.slice(0, -PARTIAL.length), name }))
      .filter(({ file }) => !finished.includes(file)),
  ];
  return files.toSorted((a, b) => (a.file < b.file ? -1 : 1));
}
