import { AbstractTransport } from 'roslib';
import type { RosbridgeMessage } from 'roslib';
import { WebSocket } from 'ws';
import type { Clock } from '../../core/clock.ts';
import { Liveness } from './liveness.ts';

/** How often the peer is pinged, ms. */
const PING_MS = 40;
/** A bridge that has not shaken hands by then is none, ms. */
const HANDSHAKE_MS = 2000;
/** A peer that does not say goodbye is not waited for, ms. */
const FINISH_MS = 300;
/** Commands are dropped while more than this waits here to be sent: some ten of them, bytes. */
const MOST_BUFFERED_BYTES = 8192;
/** An image of 4K is smaller, bytes. */
const LONGEST_MESSAGE_BYTES = 64 * 2 ** 20;

/**
 * The way to a rosbridge server for roslib. It pings, and ends the connection when nothing comes back; what is sent
 * while it is not open is gone.
 */
export class RosTransport extends AbstractTransport {
  readonly #socket: WebSocket;
  readonly #clock: Clock;
  readonly #liveness: Liveness;
  #timer: NodeJS.Timeout | undefined;

  constructor(url: string, clock: Clock) {
    super();
    this.#clock = clock;
    this.#liveness = new Liveness(clock.nowNs());
    this.#socket = new WebSocket(url, {
      perMessageDeflate: false,
      handshakeTimeout: HANDSHAKE_MS,
      maxPayload: LONGEST_MESSAGE_BYTES,
    });
    this.#socket.binaryType = 'arraybuffer';
    this.#socket.on('open', () => this.#open());
    this.#socket.on('message', (data, isBinary) => {
      this.#liveness.hear(clock.nowNs());
      this.handleRawMessage(isBinary ? data : (data as Buffer).toString('utf8'));
    });
    this.#socket.on('pong', () => this.#liveness.hear(clock.nowNs()));
    this.#socket.on('ping', () => this.#liveness.hear(clock.nowNs()));
    this.#socket.on('error', (error) => this.emit('error', error));
    this.#socket.on('close', () => {
      clearInterval(this.#timer);
      this.emit('close', undefined);
    });
  }

  /** Whether a command sent now would be carried out now: the peer lives, and nothing waits before it. */
  get mayCommand(): boolean {
    const isFree = this.#socket.bufferedAmount <= MOST_BUFFERED_BYTES;
    return this.isOpen() && isFree && this.#liveness.mayCommand(this.#clock.nowNs());
  }

  send(message: RosbridgeMessage): void {
    if (this.isOpen()) this.#socket.send(JSON.stringify(message));
  }

  /** Ends the connection at once: what waits is not sent, and a peer that is frozen is not waited for. */
  close(): void {
    clearInterval(this.#timer);
    this.#socket.terminate();
  }

  /** Ends the connection after what was sent has gone. */
  finish(): void {
    if (!this.isOpen()) return this.close();
    this.#socket.close();
    setTimeout(() => this.close(), FINISH_MS).unref();
  }

  isConnecting(): boolean {
    return this.#socket.readyState === WebSocket.CONNECTING;
  }

  isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  isClosing(): boolean {
    return this.#socket.readyState === WebSocket.CLOSING;
  }

  isClosed(): boolean {
    return this.#socket.readyState === WebSocket.CLOSED;
  }

  #open(): void {
    this.#liveness.hear(this.#clock.nowNs());
    this.#timer = setInterval(() => {
      this.#socket.ping();
      // What came while this thread was busy is still to be read: only then silence can be judged.
      setImmediate(() => {
        if (this.#liveness.isLost(this.#clock.nowNs())) this.close();
      });
    }, PING_MS);
    this.emit('open', undefined);
  }
}
