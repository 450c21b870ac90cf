import { WebSocket } from 'ws';
import { ArmatureError } from '../core/errors.ts';
import { decodeMessage, encodeMessage } from './messages.ts';
import type { MessageMap } from './messages.ts';

/** An answer is a chunk of numbers and what a server tells of itself; more is none, bytes. */
const LONGEST_ANSWER_BYTES = 16 * 2 ** 20;

export interface PolicyServerOptions {
  /** ws:// or wss://. */
  readonly url: string;
  /** Goes along as openpi's client sends it, in the header `Authorization: Api-Key …`. */
  readonly apiKey?: string | undefined;
  /** From the first packet to the server's own first message, ms. */
  readonly timeoutMs: number;
}

interface Waiting {
  readonly resolve: (frame: Uint8Array) => void;
  readonly reject: (cause: Error) => void;
  readonly timer: NodeJS.Timeout;
}

/**
 * One connection to a policy server that speaks as openpi's does: it sends a message about itself first, then answers
 * one observation after the other. A connection on which anything went wrong is over; nothing is ever sent again.
 */
export class PolicyConnection {
  /** What the server told of itself. */
  metadata: MessageMap = {};
  readonly #url: string;
  readonly #socket: WebSocket;
  #waiting: Waiting | undefined;
  #end: ArmatureError | undefined;

  private constructor({ url, apiKey, timeoutMs }: PolicyServerOptions) {
    this.#url = url;
    this.#socket = new WebSocket(url, {
      perMessageDeflate: false,
      handshakeTimeout: timeoutMs,
      maxPayload: LONGEST_ANSWER_BYTES,
      headers: apiKey === undefined ? {} : { Authorization: `Api-Key ${apiKey}` },
    });
    this.#socket.on('message', (data: Buffer, isBinary) => this.#take(data, isBinary));
    this.#socket.on('error', (cause) => this.#fail(unreachable(url, reasonOf(cause), cause)));
    this.#socket.on('close', (code, reason) => {
      const words = reason.length === 0 ? '' : `: ${reason.toString('utf8')}`;
      this.#fail(unreachable(url, `it closed the connection (code ${code}${words})`));
    });
  }

  /**
   * Connects and waits for the server's message about itself. Throws E_POLICY_SERVER when there is no server or it
   * says nothing, E_POLICY_SERVER_THREW for an error in words, MessageError for anything else.
   */
  static async open(options: PolicyServerOptions): Promise<PolicyConnection> {
    const connection = new PolicyConnection(options);
    connection.metadata = await connection.#receive(options.timeoutMs);
    return connection;
  }

  get isOpen(): boolean {
    return this.#end === undefined;
  }

  /** Sends an observation and waits for the answer to it. Throws as open does; the connection is over then. */
  ask(observation: MessageMap, timeoutMs: number): Promise<MessageMap> {
    if (this.#end !== undefined) return Promise.reject(this.#end);
    const frame = encodeMessage(observation);
    const answer = this.#receive(timeoutMs);
    this.#socket.send(frame, { binary: true });
    return answer;
  }

  /** Ends it at once: what waits is not sent, and who does not answer is not waited for. */
  close(): void {
    this.#fail(unreachable(this.#url, 'the connection was ended here'));
  }

  async #receive(timeoutMs: number): Promise<MessageMap> {
    const frame = await new Promise<Uint8Array>((resolve, reject) => {
      if (this.#end !== undefined) return reject(this.#end);
      const late = (): void => this.#fail(unreachable(this.#url, `no answer within ${timeoutMs} ms`));
      this.#waiting = { resolve, reject, timer: setTimeout(late, timeoutMs) };
    });
    try {
      return decodeMessage(frame);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  #take(data: Buffer, isBinary: boolean): void {
    if (!isBinary) return this.#fail(serverThrew(this.#url, data.toString('utf8')));
    const waiting = this.#waiting;
    if (waiting === undefined) return this.#fail(unreachable(this.#url, 'an answer that nobody asked for'));
    this.#waiting = undefined;
    clearTimeout(waiting.timer);
    waiting.resolve(data);
  }

  /** The first thing that goes wrong is what is told. */
  #fail(failure: ArmatureError): void {
    if (this.#end !== undefined) return;
    this.#end = failure;
    this.#socket.terminate();
    if (this.#waiting === undefined) return;
    clearTimeout(this.#waiting.timer);
    this.#waiting.reject(failure);
    this.#waiting = undefined;
  }
}

/** A name with several addresses fails with one error for each, and no words of its own. */
function reasonOf(error: Error): string {
  if (error instanceof AggregateError) return error.errors.map((inner) => reasonOf(inner as Error)).join('; ');
  return error.message;
}

function unreachable(url: string, found: string, cause?: unknown): ArmatureError {
  return new ArmatureError('E_POLICY_SERVER', `the policy server at ${url} gives no answers`, {
    expected: 'a policy server that speaks as openpi’s does',
    found,
    remedy: 'See that it runs and can be reached from here; give another with --server ws://host:port.',
    ...(cause === undefined ? {} : { cause }),
  });
}

/** Servers tell their traceback, whose last line says it. */
function serverThrew(url: string, text: string): ArmatureError {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return new ArmatureError('E_POLICY_SERVER_THREW', `the policy server at ${url} failed at what it was asked`, {
    found: (lines.at(-1) ?? 'an empty text').trim().slice(0, 500),
    remedy: 'Compare "observation" in policy.json with what its policy takes; the whole traceback stands in its log.',
    cause: new Error(text.slice(0, 10_000)),
  });
}
