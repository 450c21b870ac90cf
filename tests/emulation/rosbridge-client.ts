import { once } from 'node:events';
import { decode } from 'cbor2';
import { WebSocket } from 'ws';

export interface Frame {
  readonly op: string;
  readonly [field: string]: unknown;
}

/** A client that knows nothing but the frames: tests see what really goes over the wire. */
export class RosbridgeClient {
  readonly socket: WebSocket;
  readonly frames: Frame[] = [];
  readonly #waiting: (() => void)[] = [];

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('message', (data: Buffer, isBinary) => {
      this.frames.push((isBinary ? decode(Uint8Array.from(data)) : JSON.parse(data.toString('utf8'))) as Frame);
      for (const wake of this.#waiting.splice(0)) wake();
    });
  }

  static async connect(url: string): Promise<RosbridgeClient> {
    const socket = new WebSocket(url);
    const client = new RosbridgeClient(socket);
    await once(socket, 'open');
    return client;
  }

  send(op: object | string): void {
    this.socket.send(typeof op === 'string' ? op : JSON.stringify(op));
  }

  /** The first frame that fits, whether it has come already or is still to come. */
  async frame(fits: (frame: Frame) => boolean): Promise<Frame> {
    for (;;) {
      const found = this.frames.find(fits);
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** All that was sent before has been taken: a service call that is answered comes after it. */
  async settled(): Promise<void> {
    const id = `settled-${this.frames.length}-${Math.floor(performance.now() * 1e3)}`;
    this.send({ op: 'call_service', id, service: '/does/not/exist', args: {} });
    await this.frame((frame) => frame['id'] === id);
  }

  messages(topic: string): Record<string, unknown>[] {
    return this.frames
      .filter((frame) => frame.op === 'publish' && frame['topic'] === topic)
      .map((frame) => frame['msg'] as Record<string, unknown>);
  }

  close(): void {
    this.socket.terminate();
  }
}
