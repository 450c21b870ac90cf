import { WebSocket } from 'ws';
import { decodePicture, parseMessage, serverMessage } from '../../src/serve/messages.ts';
import type { FrameMessage, HelloMessage, PageMessage, PictureHeader, SceneMessage } from '../../src/serve/messages.ts';
import { PATIENCE_MS } from './with-browser.ts';

/** What a page does on the wire, without a browser: it reads what it is told, or does not. */
export class PageClient {
  hello: HelloMessage | undefined;
  scene: SceneMessage | undefined;
  /** The newest. */
  frame: FrameMessage | undefined;
  frames = 0;
  /** Headers of all pictures, in order. */
  readonly pictures: PictureHeader[] = [];
  readonly #socket: WebSocket;
  readonly #watchers = new Set<() => void>();

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data: Buffer, isBinary) => {
      if (isBinary) {
        this.pictures.push(decodePicture(data).header);
        socket.send(JSON.stringify({ kind: 'got' } satisfies PageMessage));
      } else this.#take(data.toString());
      for (const watcher of this.#watchers) watcher();
    });
  }

  /**
   * @param url as the terminal shows it
   * @param port of this computer that leads there; default: that of the address
   */
  static async open(url: string, port?: number): Promise<PageClient> {
    const { origin, host, search, port: own } = new URL(url);
    const headers = { Host: host };
    const socket = new WebSocket(`ws://127.0.0.1:${port ?? own}/live${search}`, { origin, headers });
    const client = new PageClient(socket);
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
    return client;
  }

  /** Reads nothing more: what is sent stays in the buffers of the computer, and then of the sender. */
  stall(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  close(): void {
    this.#socket.terminate();
  }

  /** Calls whenever it has been told something; returns what ends that. */
  watch(watcher: () => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  /** Waits until it has been told enough. */
  async until(isEnough: (client: PageClient) => boolean): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('it was not told')), PATIENCE_MS);
      const look = (): void => {
        if (!isEnough(this)) return;
        clearTimeout(timer);
        this.#watchers.delete(look);
        resolve();
      };
      this.#watchers.add(look);
      look();
    });
  }

  #take(text: string): void {
    const message = parseMessage(serverMessage, text);
    switch (message.kind) {
      case 'hello':
        this.hello = message;
        break;
      case 'scene':
        this.scene = message;
        break;
      case 'frame':
        this.frame = message;
        this.frames += 1;
        break;
      default:
        break;
    }
  }
}
