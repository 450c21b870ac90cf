import { WebSocket } from 'ws';
import { decodePicture, parseMessage, serverMessage } from '../../src/serve/messages.ts';
import type { FrameMessage, HelloMessage, PictureHeader, SceneMessage } from '../../src/serve/messages.ts';
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
      if (isBinary) this.pictures.push(decodePicture(data).header);
      else this.#take(data.toString());
      for (const watcher of this.#watchers) watcher();
    });
  }

  /** @param url as the terminal shows it */
  static async open(url: string): Promise<PageClient> {
    const { origin } = new URL(url);
    const socket = new WebSocket(url.replace(/^http/, 'ws').replace('/?', '/live?').replace(/#.*/, ''), { origin });
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
