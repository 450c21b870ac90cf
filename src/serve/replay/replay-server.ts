import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ArmatureError, UnknownNameError } from '../../core/errors.ts';
import { picturesOf } from '../../record/episode-pictures.ts';
import { PageServer } from '../page-server.ts';
import { readBlackBoxTrack } from './black-box-track.ts';
import type { KnownRobots } from './known-robot.ts';
import type { Library } from './library.ts';
import { troubleOf } from './look-at.ts';
import { SUCCESS, readRecordingTrack } from './recording-track.ts';
import { addressSchema } from './replay-messages.ts';
import type { Address, RecordingMessage, Refusal } from './replay-messages.ts';

export interface ReplayServerOptions {
  /** Folder of the built pages. */
  readonly pageDirectory: string;
  /** Address to listen on. */
  readonly address: string;
  /** 0: one that is free. */
  readonly port: number;
  readonly library: Library;
  readonly robots: KnownRobots;
}

/** A page asks by addresses; it sends nothing else. */
const LARGEST_MESSAGE = 4096;

/**
 * The page of `armature serve`, and what it shows: recordings, black boxes and evaluations of a library. All of it is read and nothing
 * written; whoever has the token may look. A thing that cannot be read is refused with its reason, and the others stay.
 */
export class ReplayServer {
  readonly #options: ReplayServerOptions;
  #pages: PageServer | undefined;

  private constructor(options: ReplayServerOptions) {
    this.#options = options;
  }

  /** Throws as PageServer.open does. */
  static async open(options: ReplayServerOptions): Promise<ReplayServer> {
    const { pageDirectory, address, port } = options;
    const replay = new ReplayServer(options);
    replay.#pages = await PageServer.open({
      pageDirectory,
      page: 'replay.html',
      address,
      port,
      largestMessage: LARGEST_MESSAGE,
      addRoutes: (server, pages) => replay.#addRoutes(server, pages),
    });
    return replay;
  }

  get url(): string {
    return this.#pages?.url ?? '';
  }

  async close(): Promise<void> {
    await this.#pages?.close();
    await this.#options.library.close();
  }

  #addRoutes(server: FastifyInstance, pages: PageServer): void {
    server.addHook('onRequest', async (request, reply) => {
      const { origin } = request.headers;
      const isForeign = origin !== undefined && !pages.isOwnOrigin(request.headers);
      if (isForeign || request.headers['sec-fetch-site'] === 'cross-site')
        return reply.code(403).send('foreign origin');
      return undefined;
    });
    const get = (path: string, answer: (address: Address, reply: FastifyReply) => Promise<unknown>): void => {
      server.get(`/replay/${path}`, (request, reply) => answered(request, reply, answer));
    };
    server.get('/replay/library', async (_, reply) => reply.send(await this.#options.library.scan()));
    get('recordings/:id', ({ id }) => this.#recording(id));
    get('recordings/:id/:episode', async ({ id, episode }) => {
      const { reader } = await this.#options.library.recording(id);
      return readRecordingTrack(reader, episode, this.#options.robots);
    });
    get('recordings/:id/:episode/:camera/:row', (address, reply) => this.#picture(address, reply));
    get('black-boxes/:id', async ({ id }) => {
      const { file, name } = await this.#options.library.blackBox(id);
      return readBlackBoxTrack(file, name, this.#options.robots);
    });
    get('evaluations/:id', async ({ id }) => this.#options.library.evaluation(id));
    get('evaluations/:id/:clip', async ({ id, clip }, reply) => {
      const { file, folder } = this.#options.library.clip(id, clip);
      return reply.sendFile(file, folder);
    });
  }

  async #recording(id: string): Promise<RecordingMessage> {
    const { reader } = await this.#options.library.recording(id);
    const successes = await reader.readFlags(SUCCESS);
    return {
      path: reader.directory,
      fps: reader.info.fps,
      cameras: picturesOf(reader).map(({ name }) => name),
      episodes: reader.episodes.map(({ tasks, length }, index) => ({
        task: tasks.join(', then '),
        rows: length,
        isSuccess: successes[index] ?? null,
      })),
    };
  }

  async #picture({ id, episode, camera, row }: Address, reply: FastifyReply): Promise<FastifyReply> {
    const { reader, pictures } = await this.#options.library.recording(id);
    const feature = picturesOf(reader)[camera];
    if (feature === undefined) {
      throw new ArmatureError('E_NOT_LISTED', 'the recording has no such camera', { remedy: 'Load the page again.' });
    }
    const { type, bytes } = await pictures.read(episode, feature, row);
    return reply.type(type).send(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  }
}

/** Checks what a page names, and says why it gets nothing. */
async function answered(
  request: FastifyRequest,
  reply: FastifyReply,
  answer: (address: Address, reply: FastifyReply) => Promise<unknown>,
): Promise<unknown> {
  const address = addressSchema.safeParse(request.params);
  if (!address.success) return reply.code(400).send('no such address');
  try {
    return await answer(address.data, reply);
  } catch (error) {
    const isOurs = error instanceof ArmatureError;
    const isMissing = error instanceof UnknownNameError || (isOurs && error.code === 'E_NOT_LISTED');
    const status = isMissing ? 404 : isOurs ? 422 : 500;
    return reply.code(status).send({ refused: troubleOf(error) } satisfies Refusal);
  }
}
