import { join } from 'node:path';
import { isComplete, openParquet, readRows } from '../dataset-metadata.ts';
import type { StoredEpisode } from '../dataset-metadata.ts';
import { formatPath, isPicture } from '../format.ts';
import type { DatasetInfo, Features, FeatureStatistics } from '../format.ts';
import { pngStatistics, videoStatistics } from '../picture-statistics.ts';
import type { FoundStatistics } from './check-data.ts';
import { videoPath } from './check-episodes.ts';
import { wrongStatistics } from './check-statistics.ts';
import { isNumeric } from './column-types.ts';

/** The features whose statistics are kept: all but text and the like. */
export function measuredFeatures(info: DatasetInfo): Features {
  return Object.fromEntries(
    Object.entries(info.features).flatMap(([name, feature]): [string, Features[string]][] => {
      const { dtype, shape } = feature;
      if (isPicture(dtype)) return [[name, { dtype, shape }]];
      return isNumeric(feature) ? [[name, { dtype: feature.dtype, shape }]] : [];
    }),
  );
}

/** The statistics of an episode with those replaced that are wrong or missing; undefined where none are. */
export async function repairStatistics(
  directory: string,
  info: DatasetInfo,
  row: StoredEpisode,
  found: FoundStatistics,
): Promise<Map<string, FeatureStatistics> | undefined> {
  const wrong = wrongStatistics(info, row, found);
  const repaired = new Map(
    [...row.statistics].flatMap(([name, values]) => (isComplete(values) ? [[name, values] as const] : [])),
  );
  let changes = 0;
  for (const name of wrong) {
    const isFeatureOfPictures = isPicture(info.features[name]?.dtype ?? '');
    const statistics = isFeatureOfPictures
      ? await ofPictures(directory, info, row, name)
      : found.numbers.get(row.episode.episodeIndex)?.get(name);
    if (statistics === undefined) continue;
    repaired.set(name, statistics);
    changes += 1;
  }
  return changes === 0 ? undefined : repaired;
}

async function ofPictures(
  directory: string,
  info: DatasetInfo,
  { episode }: StoredEpisode,
  name: string,
): Promise<FeatureStatistics> {
  const { shape = [] } = info.features[name] ?? {};
  const size = { height: shape[0] ?? 0, width: shape[1] ?? 0 };
  const video = episode.videos[name];
  if (video !== undefined) {
    const path = join(directory, videoPath(info, video, name));
    const { fromTimestampS } = video;
    return videoStatistics({ path, fromTimestampS, frameCount: episode.length, fps: info.fps }, size);
  }
  const file = await openParquet(join(directory, formatPath(info.data_path, episode.data)));
  const rows = await readRows(file, { columns: [name, 'episode_index'] });
  const own = rows.filter((row) => Number(row['episode_index']) === episode.episodeIndex);
  return pngStatistics(
    own.map((row) => (row[name] as { bytes: Uint8Array }).bytes),
    size,
  );
}
