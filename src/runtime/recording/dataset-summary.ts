import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { listFiles } from '../../record/dataset-files.ts';
import type { DatasetReader } from '../../record/dataset-reader.ts';
import { DEFAULT_FEATURES } from '../../record/format.ts';
import type { FeatureInfo } from '../../record/format.ts';
import { quantile } from '../statistics.ts';
import { RecordingFigures } from './recording-figures.ts';
import type { JointTracking, RequestedFigures, SourceAge, Spread } from './recording-figures.ts';

/** What a dataset holds, and how its recording went as far as its features tell. */
export interface DatasetSummary {
  readonly directory: string;
  readonly codebaseVersion: string;
  readonly robotType: string | null;
  readonly fps: number;
  readonly episodes: number;
  readonly frames: number;
  /** All episodes together, s. */
  readonly durationS: number;
  /** When the first and the last file of episodes were written, ISO 8601; null for a dataset without episodes. */
  readonly written: { readonly first: string; readonly last: string } | null;
  readonly sizes: { readonly dataBytes: number; readonly videoBytes: number; readonly metadataBytes: number };
  readonly tasks: readonly { readonly task: string; readonly episodes: number; readonly frames: number }[];
  /** s */
  readonly lengths: { readonly shortestS: number; readonly medianS: number; readonly longestS: number } | null;
  readonly features: readonly FeatureSummary[];
  /** Episodes that ended in success; null where the dataset does not say. */
  readonly succeeded: number | null;
  /** How late the ticks came, ms after their nominal time; null without `observation.time`. */
  readonly latenessMs: Spread | null;
  /** Between one tick and the next, ms; null without `observation.time`. */
  readonly periodMs: Spread | null;
  /** How old what the sources delivered was at the ticks; null where the dataset does not say. */
  readonly ages: readonly SourceAge[] | null;
  /** Rows whose picture is that of the row before, by camera; null where the dataset does not say. */
  readonly repeatedPictures: Readonly<Record<string, number>> | null;
  /** Share of rows in which a person acted in place of a policy; null where the dataset does not say. */
  readonly interventionShare: number | null;
  /** What was asked for against what was sent; null without `action.requested`. */
  readonly requested: RequestedFigures | null;
  /** `action` against `observation.state` one row later, by joint; null where they are not of the same joints. */
  readonly tracking: readonly JointTracking[] | null;
}

export interface FeatureSummary {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly unit: string | null;
  readonly names: readonly string[] | null;
}

/** Reads a dataset through for its summary; pictures are not looked at. */
export async function summariseDataset(
  reader: DatasetReader,
  onProgress?: (done: number, total: number) => void,
): Promise<DatasetSummary> {
  const { directory, info, episodes } = reader;
  const figures = new RecordingFigures(info);
  const tasks = new Map(reader.tasks.map((task) => [task, { episodes: 0, frames: 0 }]));
  for (const { episodeIndex } of episodes) {
    const data = await reader.readEpisode(episodeIndex, figures.features);
    figures.add(data);
    for (const task of new Set(data.tasks)) {
      const before = tasks.get(task) ?? { episodes: 0, frames: 0 };
      const frames = data.tasks.filter((name) => name === task).length;
      tasks.set(task, { episodes: before.episodes + 1, frames: before.frames + frames });
    }
    onProgress?.(episodeIndex + 1, episodes.length);
  }
  const frames = episodes.at(-1)?.toIndex ?? 0;
  return {
    directory,
    codebaseVersion: info.codebase_version,
    robotType: info.robot_type,
    fps: info.fps,
    episodes: episodes.length,
    frames,
    durationS: frames / info.fps,
    written: await writtenTimes(directory),
    sizes: {
      dataBytes: await folderBytes(directory, 'data'),
      videoBytes: await folderBytes(directory, 'videos'),
      metadataBytes: await folderBytes(directory, 'meta'),
    },
    tasks: [...tasks].map(([task, counts]) => ({ task, ...counts })),
    lengths: lengthsOf(episodes.map(({ length }) => length / info.fps)),
    features: Object.entries(info.features)
      .filter(([name]) => !(name in DEFAULT_FEATURES))
      .map(([name, feature]) => describeFeature(name, feature)),
    ...figures.finish(),
  };
}

function describeFeature(name: string, { dtype, shape, names, info }: FeatureInfo): FeatureSummary {
  const unit = info?.['unit'];
  const listed = Array.isArray(names) ? names : null;
  return { name, dtype, shape, unit: typeof unit === 'string' ? unit : null, names: listed };
}

function lengthsOf(lengthsS: readonly number[]): DatasetSummary['lengths'] {
  if (lengthsS.length === 0) return null;
  return { shortestS: quantile(lengthsS, 0), medianS: quantile(lengthsS, 0.5), longestS: quantile(lengthsS, 1) };
}

/** A copy of a dataset has the times of the copying. */
async function writtenTimes(directory: string): Promise<DatasetSummary['written']> {
  const times: number[] = [];
  for (const path of await listFiles(directory, 'meta/episodes', '.parquet'))
    times.push((await stat(join(directory, path))).mtimeMs);
  if (times.length === 0) return null;
  const iso = (timeMs: number): string => new Date(timeMs).toISOString();
  return { first: iso(quantile(times, 0)), last: iso(quantile(times, 1)) };
}

async function folderBytes(directory: string, folder: string): Promise<number> {
  let bytes = 0;
  for (const path of await listFiles(directory, folder, '')) bytes += (await stat(join(directory, path))).size;
  return bytes;
}
