import { avChecker, videoError } from './node-av.ts';
import type { Av } from './node-av.ts';

/** The video stream of an opened file. */
export interface OpenedVideo extends AsyncDisposable {
  readonly path: string;
  readonly input: InstanceType<Av['FormatContext']>;
  readonly stream: InstanceType<Av['Stream']>;
  /** Length of a tick of the stream's clock, s. */
  readonly secondsPerTick: number;
}

/** Opens a video file; dispose of it when done. Throws ArmatureError (E_VIDEO) for a file that holds no video. */
export async function openVideo(av: Av, path: string): Promise<OpenedVideo> {
  const check = avChecker(av, path);
  const input = new av.FormatContext();
  try {
    check(await input.openInput(path), 'open');
    check(await input.findStreamInfo(), 'read');
    const stream = input.streams[input.findBestStream(av.AVMEDIA_TYPE_VIDEO)];
    if (stream === undefined) throw videoError(path, 'holds no video', 'none');
    const secondsPerTick = stream.timeBase.num / stream.timeBase.den;
    return { path, input, stream, secondsPerTick, [Symbol.asyncDispose]: () => input[Symbol.asyncDispose]() };
  } catch (error) {
    await input[Symbol.asyncDispose]();
    throw error;
  }
}

/** A decoder for the stream; dispose of it when done. Throws ArmatureError (E_VIDEO) where there is none for its codec. */
export async function openDecoder(av: Av, video: OpenedVideo): Promise<InstanceType<Av['CodecContext']>> {
  const check = avChecker(av, video.path);
  const codec = av.Codec.findDecoder(video.stream.codecpar.codecId);
  if (codec === null) throw videoError(video.path, 'holds no video that can be decoded here', 'an unknown codec');
  const decoder = new av.CodecContext();
  decoder.allocContext3(codec);
  check(decoder.parametersToContext(video.stream.codecpar), 'describe');
  check(await decoder.open2(codec), 'open the decoder for');
  return decoder;
}

/** The packets of the stream in the order of the file; each is valid until the next is asked for. */
export async function* readPackets(
  av: Av,
  { input, stream }: OpenedVideo,
): AsyncGenerator<InstanceType<Av['Packet']>, void, undefined> {
  using packet = new av.Packet();
  packet.alloc();
  while ((await input.readFrame(packet)) >= 0) {
    if (packet.streamIndex === stream.index) yield packet;
    packet.unref();
  }
}
