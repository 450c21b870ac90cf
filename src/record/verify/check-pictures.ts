import { crc32 } from 'node:zlib';
import type { FeatureStatistics } from '../format.ts';
import { decodePng, isPng, pngSize } from '../png.ts';
import { computeImageStatistics } from '../statistics.ts';
import type { EpisodeRows } from './check-rows.ts';
import { errorIn, listNumbers, REMEDIES } from './problem.ts';
import type { DatasetProblem } from './problem.ts';

/** Pictures per episode and feature that are held against the recorded statistics. */
const SAMPLED_PICTURES = 6;

/** Frames of an episode to look at: evenly spread, the first and the last among them. */
export function sampledFrames(length: number): number[] {
  const count = Math.min(SAMPLED_PICTURES, length);
  const frames = Array.from({ length: count }, (_, index) =>
    Math.round((index * (length - 1)) / Math.max(count - 1, 1)),
  );
  return [...new Set(frames)];
}

/**
 * Checks the pictures of the image features: each a whole PNG of the feature's size. Gives the statistics of a
 * sample, if `decode` is set.
 */
export function checkPictures(
  { file, info, stored, rows }: EpisodeRows,
  decode: boolean,
): { readonly problems: DatasetProblem[]; readonly samples: Map<string, FeatureStatistics> } {
  const problems: DatasetProblem[] = [];
  const samples = new Map<string, FeatureStatistics>();
  for (const [name, feature] of Object.entries(info.features)) {
    if (feature.dtype !== 'image' || rows.length === 0) continue;
    const [height = 0, width = 0] = feature.shape;
    const pictures = rows.map((row) => pictureOf(row[name]));
    const faults = pictures.map((bytes) => pictureFault(bytes, { width, height }));
    const wrong = faults.flatMap((fault, frame) => (fault === undefined ? [] : [frame]));
    if (wrong[0] !== undefined) {
      problems.push(
        errorIn(file, `${name} holds no whole picture in frame ${listNumbers(wrong)}`, {
          episode: stored.episode.episodeIndex,
          expected: `a PNG of ${width} x ${height}`,
          found: faults[wrong[0]] ?? '',
          remedy: REMEDIES.without,
        }),
      );
    } else if (decode) {
      const rgb = sampledFrames(rows.length).map((frame) => decodePng(pictures[frame] ?? new Uint8Array()).rgb);
      samples.set(name, computeImageStatistics(rgb, height, width));
    }
  }
  return { problems, samples };
}

function pictureOf(cell: unknown): Uint8Array | undefined {
  const bytes = typeof cell === 'object' && cell !== null && 'bytes' in cell ? cell.bytes : undefined;
  return bytes instanceof Uint8Array ? bytes : undefined;
}

/** What is wrong with a PNG, seen without decoding it: every chunk carries a checksum. */
function pictureFault(bytes: Uint8Array | undefined, size: { width: number; height: number }): string | undefined {
  if (bytes === undefined) return 'no bytes';
  if (!isPng(bytes)) return 'bytes that are no PNG';
  const { width, height } = pngSize(bytes);
  if (width !== size.width || height !== size.height) return `a PNG of ${width} x ${height}`;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = PNG_SIGNATURE_BYTES;
  while (at + CHUNK_FRAME_BYTES <= bytes.length) {
    const end = at + CHUNK_FRAME_BYTES + view.getUint32(at);
    if (end > bytes.length) break;
    if (crc32(bytes.subarray(at + 4, end - 4)) !== view.getUint32(end - 4)) return 'a PNG with a wrong checksum';
    if (view.getUint32(at + 4) === IEND) return undefined;
    at = end;
  }
  return 'a PNG that was cut off';
}

const PNG_SIGNATURE_BYTES = 8;
/** Length, type and checksum around the data of a chunk. */
const CHUNK_FRAME_BYTES = 12;
/** "IEND", the type of the last chunk. */
const IEND = 0x49454e44;
