import { createServer } from 'node:http';
import type { IncomingMessage, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import { LOOPBACK, hostOf, reachableAddresses } from '../core/addresses.ts';
import type { Agent } from '../core/agent.ts';
import type { Clock } from '../core/clock.ts';
import { ArmatureError, messageOf } from '../core/errors.ts';
import { isToken } from '../core/token.ts';
import { decodeMessage, encodeMessage } from './messages.ts';
import type { MessageMap } from './messages.ts';
import type { RemoteManifest } from './remote-manifest.ts';
import { ServedEpisode } from './served-episode.ts';

export interface PolicyServerOptions {
  /** What it tells of itself, and by what it reads observations. */
  readonly manifest: RemoteManifest;
  /** Makes the agent of one connection. */
  readonly openAgent: () => Promise<Agent>;
  /** Address to listen on; default loopback. */
  readonly host?: string | undefined;
  /** 0: a free one. Default 0. */
  readonly port?: number | undefined;
  /** Without this key nobody is let in; undefined: everybody who can reach the port. */
  readonly apiKey?: string | undefined;
  /** So many connections at a time, each with an agent of its own; default 4. */
  readonly mostConnections?: number;
  readonly clock: Clock;
  readonly log?: (line: string) => void;
}

/** Four cameras of full HD are smaller, bytes. */
const LONGEST_OBSERVATION_BYTES = 64 * 2 ** 20;
/** Codes of RFC 6455 for an error here, and for one too many. */
const INTERNAL_ERROR = 1011;
const TRY_LATER = 1013;

/**
 * Serves a policy to others as openpi's policy server does: over a WebSocket, first what it is, then an answer to each
 * observation; an error as text, after which the connection ends. `GET /healthz` answers OK. Every connection is an
 * episode with an agent of its own. A page in a browser is not let in.
 */
export class PolicyServer {
  readonly #options: PolicyServerOptions;
  readonly #http: Server;
  readonly #sockets: WebSocketServer;
  readonly #episodes = new Set<ServedEpisode>();
  #answers = 0;
  #connections = 0;

  private constructor(options: PolicyServerOptions) {
    this.#options = options;
    this.#http = createServer((request, response) => {
      const isHealth = request.url === '/healthz';
      response.writeHead(isHealth ? 200 : 426, { 'content-type': 'text/plain' });
      response.end(isHealth ? 'OK\n' : 'This is a policy server: connect with a WebSocket.\n');
    });
    this.#sockets = new WebSocketServer({
      server: this.#http,
      maxPayload: LONGEST_OBSERVATION_BYTES,
      perMessageDeflate: false,
      verifyClient: ({ req }: { req: IncomingMessage }) => this.#mayEnter(req),
    });
    this.#sockets.on('connection', (socket) => this.#serve(socket));
  }

  /** Throws E_PORT_TAKEN when the address or the port cannot be listened on. */
  static async listen(options: PolicyServerOptions): Promise<PolicyServer> {
    const server = new PolicyServer(options);
    const { host = LOOPBACK, port = 0 } = options;
    await new Promise<void>((resolve, reject) => {
      // The server of the sockets tells the errors of the one below it again.
      server.#sockets.once('error', (cause: Error) => reject(cannotListen(host, port, cause)));
      server.#http.listen(port, host, resolve);
    });
    server.#sockets.removeAllListeners('error');
    server.#sockets.on('error', (error) => options.log?.(error.message));
    return server;
  }

  /** For clients, where they reach it. */
  get url(): string {
    const { port } = this.#http.address() as AddressInfo;
    const { host = LOOPBACK } = this.#options;
    const [address = host] = reachableAddresses(host, networkInterfaces());
    return `ws://${hostOf(address)}:${port}`;
  }

  /** Connections and answers since it began. */
  get counts(): { readonly connections: number; readonly answers: number } {
    return { connections: this.#connections, answers: this.#answers };
  }

  /** Cuts all connections and ends. */
  async close(): Promise<void> {
    for (const socket of this.#sockets.clients) socket.terminate();
    await new Promise((resolve) => this.#http.close(resolve));
    await Promise.all([...this.#episodes].map((episode) => episode.close()));
  }

  #mayEnter({ headers }: IncomingMessage): boolean {
    const { apiKey } = this.#options;
    // Only browsers say which page asks, and any page could ask loopback.
    if (headers.origin !== undefined) return false;
    return apiKey === undefined || isToken(headers.authorization, `Api-Key ${apiKey}`);
  }

  #serve(socket: WebSocket): void {
    const { manifest, openAgent, clock, mostConnections = 4, log = () => undefined } = this.#options;
    if (this.#episodes.size >= mostConnections) {
      socket.send(`This policy server serves ${mostConnections} connections at a time; try again later.`);
      return socket.close(TRY_LATER);
    }
    this.#connections += 1;
    const episode = new ServedEpisode({ manifest, openAgent, clock });
    this.#episodes.add(episode);
    log(`connection ${this.#connections} opened`);
    socket.on('message', (data: Buffer, isBinary) => void this.#answer(socket, episode, isBinary ? data : undefined));
    socket.on('error', (error) => log(`connection: ${error.message}`));
    socket.on('close', () => {
      void episode.close().finally(() => this.#episodes.delete(episode));
    });
    socket.send(encodeMessage(aboutOf(manifest)));
  }

  async #answer(socket: WebSocket, episode: ServedEpisode, frame: Uint8Array | undefined): Promise<void> {
    const { log = () => undefined } = this.#options;
    try {
      if (frame === undefined) throw notBinary();
      const answer = await episode.answer(decodeMessage(frame));
      if (socket.readyState !== socket.OPEN) return;
      this.#answers += 1;
      socket.send(encodeMessage(answer));
    } catch (error) {
      const text = messageOf(error);
      log(`connection ended with an error: ${text}`);
      if (socket.readyState !== socket.OPEN) return;
      socket.send(text);
      socket.close(INTERNAL_ERROR, 'The error is in the frame before.');
    }
  }
}

/** What a client learns first: enough to ask rightly. */
function aboutOf({ name, robot, joints, controlHz, observation, actions }: RemoteManifest): MessageMap {
  const plain = JSON.stringify({ policy: name, robot, joints, controlHz, observation, actions });
  return JSON.parse(plain) as MessageMap;
}

function notBinary(): ArmatureError {
  return new ArmatureError('E_POLICY_MESSAGE', 'an observation came as text', {
    expected: 'a binary frame of msgpack',
    remedy: 'Use openpi’s client, or armature run.',
  });
}

function cannotListen(host: string, port: number, cause: Error): ArmatureError {
  return new ArmatureError('E_PORT_TAKEN', `the policy server cannot listen on port ${port} of ${host}`, {
    found: cause.message,
    remedy: 'Choose another --port or --listen, or end what listens there.',
    cause,
  });
}
