import { constants, copyFile } from 'node:fs/promises';
import { avChecker, loadNodeAv, videoError } from './node-av.ts';
import type { Av } from './node-av.ts';
import { openVideo, readPackets } from './open-video.ts';
import type { OpenedVideo } from './open-video.ts';
import { FRAME_TIME_TOLERANCE_S } from './read-video.ts';
import type { VideoSpan } from './read-video.ts';

/** How a span came into its own file. */
export type CutOutcome = 'copied' | 'to-be-encoded';

/**
 * Writes the frames of a span to an mp4 of their own, which starts at 0, without encoding them again: the
 * pictures stay the same to the bit. A span that is a whole file is copied as it is. Where the span cannot be
 * decoded without frames outside of it nothing is written, and the caller has to encode it. Throws
 * ArmatureError (E_VIDEO) where the video does not have a frame at each of the span's times.
 */
export async function cutVideo(span: VideoSpan, target: string): Promise<CutOutcome> {
  const av = await loadNodeAv();
  const { timesS, isKeyFrame } = await frameTimes(av, span.path);
  const times = timesS.toSorted((a, b) => a - b);
  const first = times.findIndex((timeS) => timeS > span.fromTimestampS - FRAME_TIME_TOLERANCE_S);
  checkFrames(span, first < 0 ? [] : times.slice(first, first + span.frameCount));
  if (first === 0 && times.length === span.frameCount && Math.abs(span.fromTimestampS) < FRAME_TIME_TOLERANCE_S) {
    // Shares the blocks of the file where the file system can.
    await copyFile(span.path, target, constants.COPYFILE_FICLONE);
    return 'copied';
  }
  const startS = times[first] ?? 0;
  const endS = times[first + span.frameCount] ?? Infinity;
  const start = timesS.indexOf(startS);
  // Frames that are stored among others, out of their order of time, are decoded with their help.
  const isApart = timesS.every(
    (timeS, at) => isBetween(timeS, startS, endS) === isBetween(at, start, start + span.frameCount),
  );
  if (isKeyFrame[start] !== true || !isApart) return 'to-be-encoded';
  await writeSpan(av, { span, startS, target });
  return 'copied';
}

/** Times, s, and key frames in the order of the file. */
async function frameTimes(av: Av, path: string): Promise<{ timesS: number[]; isKeyFrame: boolean[] }> {
  await using video = await openVideo(av, path);
  const timesS: number[] = [];
  const isKeyFrame: boolean[] = [];
  for await (const packet of readPackets(av, video)) {
    timesS.push(Number(packet.pts) * video.secondsPerTick);
    isKeyFrame.push(packet.isKeyframe);
  }
  return { timesS, isKeyFrame };
}

function isBetween(value: number, low: number, high: number): boolean {
  return value >= low && value < high;
}

function checkFrames({ path, fromTimestampS, frameCount, fps }: VideoSpan, found: readonly number[]): void {
  for (let frame = 0; frame < frameCount; frame += 1) {
    const expectedS = fromTimestampS + frame / fps;
    const foundS = found[frame];
    if (foundS !== undefined && Math.abs(foundS - expectedS) <= FRAME_TIME_TOLERANCE_S) continue;
    const what = foundS === undefined ? `the end after ${frame} frames` : `a frame at ${foundS} s`;
    throw videoError(path, `has no frame at ${expectedS} s`, what);
  }
}

async function writeSpan(
  av: Av,
  { span, startS, target }: { readonly span: VideoSpan; readonly startS: number; readonly target: string },
): Promise<void> {
  await using video = await openVideo(av, span.path);
  const check = avChecker(av, target);
  await using output = new av.FormatContext();
  check(output.allocOutputContext2(null, 'mp4', target), 'create');
  const stream = output.newStream(null);
  copyDescription(video.stream, stream);
  check(await output.openOutput(), 'open');
  using muxerOptions = av.Dictionary.fromObject({ movflags: '+faststart' });
  check(await output.writeHeader(muxerOptions), 'write the header of');
  const start = BigInt(Math.round(startS / video.secondsPerTick));
  const source = video.stream.timeBase;
  const { input } = video;
  await input.seekFrame(video.stream.index, start, av.AVSEEK_FLAG_BACKWARD);
  let written = 0;
  for await (const packet of readPackets(av, video)) {
    if (packet.pts < start) continue;
    if (written === span.frameCount) break;
    packet.pts -= start;
    packet.dts -= start;
    packet.streamIndex = stream.index;
    packet.rescaleTs(source, stream.timeBase);
    check(await output.interleavedWriteFrame(packet), 'write');
    written += 1;
  }
  check(await output.writeTrailer(), 'finish');
}

type Stream = OpenedVideo['stream'];

function copyDescription(source: Stream, target: Stream): void {
  target.codecpar = source.codecpar;
  // The tag is that of the container the stream comes from; the muxer chooses its own.
  target.codecpar.codecTag = 0;
  target.timeBase = source.timeBase;
  target.avgFrameRate = source.avgFrameRate;
}
