import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';

export type Op = { readonly op: string } & Readonly<Record<string, unknown>>;

export interface FakeBridgeOptions {
  readonly version?: 1 | 2;
  readonly port?: number;
  /** Answers of services by name; what is not here fails as the true bridge fails it. */
  readonly services?: Readonly<Record<string, (args: unknown) => unknown>>;
  /** Published to whoever subscribes, as latched topics are. */
  readonly latched?: Readonly<Record<string, unknown>>;
}

/** What a rosbridge server is on the wire, and no more: every frame is kept, and answered as the true one answers. */
export class FakeBridge {
  readonly received: Op[] = [];
  readonly #options: FakeBridgeOptions;
  readonly #server: WebSocketServer;
  readonly #subscribed = new Map<WebSocket, Set<string>>();
  readonly #waiting = new Set<() => void>();
  #isFrozen = false;

  private constructor(server: WebSocketServer, options: FakeBridgeOptions) {
    this.#server = server;
    this.#options = options;
    server.on('connection', (socket) => this.#serve(socket));
  }

  static async listen(options: FakeBridgeOptions = {}): Promise<FakeBridge> {
    const server = new WebSocketServer({ host: '127.0.0.1', port: options.port ?? 0, autoPong: false });
    await once(server, 'listening');
    return new FakeBridge(server, options);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `ws://127.0.0.1:${this.port}`;
  }

  get connections(): number {
    return this.#server.clients.size;
  }

  /** Frames with this op, and of this topic, service or action. */
  ops(op: string, name?: string): Op[] {
    return this.received.filter(
      (frame) =>
        frame.op === op && (name === undefined || [frame['topic'], frame['service'], frame['action']].includes(name)),
    );
  }

  /** Messages that came for a topic. */
  published(topic: string): Record<string, unknown>[] {
    return this.ops('publish', topic).map(({ msg }) => msg as Record<string, unknown>);
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#waiting.add(resolve));
  }

  /** To whoever subscribed. */
  publish(topic: string, msg: unknown): void {
    for (const [socket, topics] of this.#subscribed)
      if (topics.has(topic)) this.send(socket, { op: 'publish', topic, msg });
  }

  /** A frame that is not text, to whoever subscribed. */
  publishBytes(topic: string, bytes: Uint8Array): void {
    for (const [socket, topics] of this.#subscribed) if (topics.has(topic) && !this.#isFrozen) socket.send(bytes);
  }

  send(socket: WebSocket, frame: unknown): void {
    if (!this.#isFrozen) socket.send(JSON.stringify(frame));
  }

  broadcast(frame: unknown): void {
    for (const socket of this.#server.clients) this.send(socket, frame);
  }

  broadcastText(text: string): void {
    for (const socket of this.#server.clients) socket.send(text);
  }

  /** The connection stays, and nothing comes or goes any more. */
  freeze(): void {
    this.#isFrozen = true;
  }

  thaw(): void {
    this.#isFrozen = false;
  }

  cut(): void {
    for (const socket of this.#server.clients) socket.terminate();
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #serve(socket: WebSocket): void {
    const topics = new Set<string>();
    this.#subscribed.set(socket, topics);
    socket.on('ping', () => {
      if (!this.#isFrozen) socket.pong();
    });
    socket.on('close', () => this.#subscribed.delete(socket));
    socket.on('error', () => undefined);
    socket.on('message', (data: Buffer) => {
      if (this.#isFrozen) return;
      const frame = JSON.parse(data.toString('utf8')) as Op;
      this.received.push(frame);
      this.#answer(socket, topics, frame);
      for (const resume of this.#waiting) resume();
      this.#waiting.clear();
    });
  }

  #answer(socket: WebSocket, topics: Set<string>, frame: Op): void {
    const { latched = {}, services = {} } = this.#options;
    if (frame.op === 'subscribe') {
      const topic = frame['topic'] as string;
      topics.add(topic);
      if (topic in latched) this.send(socket, { op: 'publish', topic, msg: latched[topic] });
    }
    if (frame.op !== 'call_service') return;
    const { id, args } = frame;
    const service = frame['service'] as string;
    const answer = services[service];
    const values = answer === undefined ? `Service ${service} does not exist` : answer(args);
    this.send(socket, { op: 'service_response', id, service, values, result: answer !== undefined });
  }
}
