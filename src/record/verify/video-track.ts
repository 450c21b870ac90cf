import { join } from 'node:path';
import { listFiles, PARTIAL } from '../dataset-files.ts';
import { DATASET_PATHS, formatPath } from '../format.ts';
import type { DatasetInfo, EpisodeRecord } from '../format.ts';
import { framesIn } from './complete-episodes.ts';

type Placed = EpisodeRecord['videos'][string];

interface TrackFile {
  /** Relative to the dataset's folder, by its final name. */
  readonly file: string;
  readonly isUnnamed: boolean;
  readonly frames: number;
}

/** The frames of one video feature behind the last counted episode, file after file. */
export class VideoTrack {
  readonly unnamed: string[] = [];
  readonly #directory: string;
  readonly #fps: number;
  readonly #files: TrackFile[];
  #used: number;

  private constructor(directory: string, fps: number, files: TrackFile[], used: number) {
    this.#directory = directory;
    this.#fps = fps;
    this.#files = files;
    this.#used = used;
  }

  /** Looks at the file of the last counted episode and at those behind it. */
  static async open(options: {
    readonly directory: string;
    readonly info: DatasetInfo;
    readonly key: string;
    readonly last: EpisodeRecord | undefined;
  }): Promise<VideoTrack> {
    const { directory, info, key, last } = options;
    const video = last?.videos[key];
    const first = video === undefined ? '' : formatPath(info.video_path ?? DATASET_PATHS.video, video, key);
    const names = [
      ...(await listFiles(directory, `videos/${key}`, '.mp4')),
      ...(await listFiles(directory, `videos/${key}`, PARTIAL)),
    ];
    const finished = new Set(names);
    const files: TrackFile[] = [];
    for (const name of names) {
      const isUnnamed = name.endsWith(PARTIAL);
      const file = isUnnamed ? name.slice(0, -PARTIAL.length) : name;
      if (file < first || (isUnnamed && finished.has(file))) continue;
      files.push({ file, isUnnamed, frames: await framesIn(join(directory, name)) });
    }
    const used = video === undefined ? 0 : Math.round(video.fromTimestampS * info.fps) + (last?.length ?? 0);
    return new VideoTrack(
      directory,
      info.fps,
      files.toSorted((a, b) => (a.file < b.file ? -1 : 1)),
      used,
    );
  }

  /** Takes the next frames; undefined where there are not as many in one file. */
  place(length: number): Placed | undefined {
    while (this.#files[0] !== undefined && this.#files[0].frames - this.#used < length) {
      // What is left of a file that episodes lie in belongs to none; a file of its own would be another episode's.
      if (this.#used === 0) return undefined;
      this.#files.shift();
      this.#used = 0;
    }
    const [current] = this.#files;
    const indices = /chunk-(\d+)\/file-(\d+)\./.exec(current?.file ?? '');
    if (current === undefined || indices === null) return undefined;
    if (current.isUnnamed && !this.unnamed.includes(current.file)) this.unnamed.push(current.file);
    const fromTimestampS = this.#used / this.#fps;
    this.#used += length;
    return {
      chunkIndex: Number(indices[1]),
      fileIndex: Number(indices[2]),
      fromTimestampS,
      toTimestampS: this.#used / this.#fps,
    };
  }

  /** Absolute path of the file of a placed span, under the name it has now. */
  pathOf({ chunkIndex, fileIndex }: Placed): string {
    const current = this.#files.find(({ file }) => {
      const indices = /chunk-(\d+)\/file-(\d+)\./.exec(file);
      return Number(indices?.[1]) === chunkIndex && Number(indices?.[2]) === fileIndex;
    });
    return join(this.#directory, `${current?.file ?? ''}${current?.isUnnamed === true ? PARTIAL : ''}`);
  }
}
