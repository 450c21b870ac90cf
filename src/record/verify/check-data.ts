import { join } from 'node:path';
import { openParquet, readRows } from '../dataset-metadata.ts';
import type { ParquetFile, StoredEpisode } from '../dataset-metadata.ts';
import { listFiles } from '../dataset-files.ts';
import { formatPath } from '../format.ts';
import type { DatasetInfo, FeatureStatistics } from '../format.ts';
import { checkPictures } from './check-pictures.ts';
import { checkNumbers, checkPlaces } from './check-rows.ts';
import { checkColumns } from './column-types.ts';
import { errorIn, problemOf, REMEDIES } from './problem.ts';
import type { DatasetProblem } from './problem.ts';

/** Rows are read in pieces of about this size. */
const PIECE_BYTES = 64 * 2 ** 20;

/** What the checks of the data need. */
export interface DataCheck {
  readonly directory: string;
  readonly info: DatasetInfo;
  readonly stored: readonly StoredEpisode[];
  readonly tasks: readonly string[];
  /** Look into pictures. */
  readonly decode: boolean;
  readonly onEpisode: () => void;
}

/** Statistics computed from the data, by episode index and feature. */
export interface FoundStatistics {
  readonly numbers: Map<number, ReadonlyMap<string, FeatureStatistics>>;
  /** Of a few pictures of each episode. */
  readonly pictures: Map<number, Map<string, FeatureStatistics>>;
}

/** Checks the files of data/: their columns, their rows, every value. */
export async function checkData(
  check: DataCheck,
): Promise<{ readonly problems: DatasetProblem[]; readonly found: FoundStatistics }> {
  const { directory, info, stored } = check;
  const problems: DatasetProblem[] = [];
  const found: FoundStatistics = { numbers: new Map(), pictures: new Map() };
  const byFile = new Map<string, StoredEpisode[]>();
  for (const row of stored) {
    const file = formatPath(info.data_path, row.episode.data);
    byFile.set(file, [...(byFile.get(file) ?? []), row]);
  }
  const files = await listFiles(directory, 'data', '.parquet');
  for (const file of byFile.keys()) {
    if (files.includes(file)) continue;
    problems.push(errorIn(file, 'the file is missing, but meta/episodes refers to it', { remedy: REMEDIES.copy }));
  }
  problems.push(...checkOrder(files, byFile));
  for (const file of files) {
    try {
      const parquet = await openParquet(join(directory, file));
      const episodes = byFile.get(file);
      problems.push(...checkRowCount(file, parquet, episodes));
      if (episodes === undefined) continue;
      const columns = checkColumns(info, parquet, file);
      problems.push(...columns);
      // Values of columns that are not what they should be would only repeat the complaint.
      if (columns.length === 0) problems.push(...(await checkFile(check, { file, parquet, episodes }, found)));
    } catch (error) {
      problems.push(problemOf(error, file));
    }
  }
  return { problems, found };
}

interface DataFile {
  readonly file: string;
  readonly parquet: ParquetFile;
  readonly episodes: readonly StoredEpisode[];
}

async function checkFile(check: DataCheck, data: DataFile, found: FoundStatistics): Promise<DatasetProblem[]> {
  const problems: DatasetProblem[] = [];
  const { file, parquet } = data;
  const rowCount = Number(parquet.metadata.num_rows);
  const pieceRows = Math.max(1, Math.floor((PIECE_BYTES * rowCount) / Math.max(parquet.buffer.byteLength, 1)));
  let start = 0;
  let rows: Record<string, unknown>[] = [];
  let end = 0;
  let at = 0;
  for (const stored of data.episodes) {
    const { length, episodeIndex } = stored.episode;
    if (at + length > rowCount) break;
    if (at + length > end) {
      start = at;
      end = Math.min(rowCount, at + Math.max(length, pieceRows));
      rows = await readRows(parquet, { rowStart: start, rowEnd: end });
    }
    const episode = {
      file,
      info: check.info,
      tasks: check.tasks,
      stored,
      rows: rows.slice(at - start, at - start + length),
    };
    const numbers = checkNumbers(episode);
    const pictures = checkPictures(episode, check.decode);
    problems.push(...checkPlaces(episode), ...numbers.problems, ...pictures.problems);
    found.numbers.set(episodeIndex, numbers.statistics);
    found.pictures.set(episodeIndex, pictures.samples);
    at += length;
    check.onEpisode();
  }
  return problems;
}

/** LeRobot joins the files in the order of their names and counts the rows through. */
function checkOrder(files: readonly string[], byFile: ReadonlyMap<string, readonly StoredEpisode[]>): DatasetProblem[] {
  const expected = [...byFile.keys()];
  const present = files.filter((file) => byFile.has(file));
  const wrong = present.findIndex(
    (file, position) => file !== expected.filter((name) => files.includes(name))[position],
  );
  if (wrong < 0) return [];
  return [
    errorIn(present[wrong] ?? '', 'the files are not in the order of their episodes', {
      expected: 'names that sort as the episodes do',
      remedy: REMEDIES.rewrite,
    }),
  ];
}

function checkRowCount(
  file: string,
  { metadata }: ParquetFile,
  episodes: readonly StoredEpisode[] | undefined,
): DatasetProblem[] {
  const found = Number(metadata.num_rows);
  const expected = (episodes ?? []).reduce((sum, { episode }) => sum + episode.length, 0);
  if (found === expected) return [];
  if (episodes === undefined || found > expected) {
    return [
      errorIn(file, 'holds frames of no episode, which LeRobot reads all the same', {
        expected: `${expected} rows, as meta/episodes says`,
        found: String(found),
        remedy: REMEDIES.repair,
      }),
    ];
  }
  const missing = episodes.filter(({ episode }) => episode.toIndex - (episodes[0]?.episode.fromIndex ?? 0) > found);
  return [
    errorIn(file, `lacks frames of episode ${missing.map(({ episode }) => episode.episodeIndex).join(', ')}`, {
      expected: `${expected} rows, as meta/episodes says`,
      found: String(found),
      remedy: REMEDIES.repairOrWithout,
    }),
  ];
}
