import { join } from 'node:path';
import { ArmatureError } from '../../core/errors.ts';
import type { StoredEpisode } from '../dataset-metadata.ts';
import { formatPath } from '../format.ts';
import type { DatasetInfo } from '../format.ts';
import { inspectVideo } from '../inspect-video.ts';
import { videoFiles } from './check-videos.ts';
import { openWholeParquet } from './whole-parquet.ts';

/** For every episode, whether its rows are in order and all its frames are there. */
export async function completeEpisodes(
  directory: string,
  info: DatasetInfo,
  stored: readonly StoredEpisode[],
): Promise<boolean[]> {
  const lacking = new Set<number>();
  for (const { file, spans } of videoFiles(info, stored)) {
    const frames = await framesIn(join(directory, file));
    for (const { episodeIndex, fromTimestampS, frameCount } of spans)
      if (Math.round(fromTimestampS * info.fps) + frameCount > frames) lacking.add(episodeIndex);
  }
  const rows = new Map<string, number>();
  const used = new Map<string, number>();
  for (const { episode } of stored) {
    const file = formatPath(info.data_path, episode.data);
    const found = rows.get(file) ?? Number((await openWholeParquet(join(directory, file)))?.metadata.num_rows ?? 0);
    rows.set(file, found);
    const end = (used.get(file) ?? 0) + episode.length;
    used.set(file, end);
    if (end > found) lacking.add(episode.episodeIndex);
  }
  return stored.map(({ episode }, position) => {
    const from = stored[position - 1]?.episode.toIndex ?? 0;
    const isInOrder =
      episode.episodeIndex === position && episode.fromIndex === from && episode.toIndex - from === episode.length;
    return isInOrder && !lacking.has(episode.episodeIndex);
  });
}

/** Frames in a video; 0 where it is missing or cannot be read. */
export async function framesIn(path: string): Promise<number> {
  try {
    return (await inspectVideo(path, { decode: false })).timesS.length;
  } catch (error) {
    if (error instanceof ArmatureError && error.code === 'E_VIDEO') return 0;
    throw error;
  }
}
