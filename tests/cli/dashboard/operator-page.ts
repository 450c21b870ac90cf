import { WebSocket } from 'ws';
import type { ControlReport } from '../../../src/serve/control-messages.ts';
import { parseMessage, serverMessage } from '../../../src/serve/messages.ts';
import type { FrameMessage, NoticeMessage } from '../../../src/serve/messages.ts';
import { NO_AXES } from '../../../src/teleop/jog/jog-input.ts';
import type { JogAxes } from '../../../src/teleop/jog/jog-input.ts';

/** How often a page says what is held, ms. */
const HELD_MS = 40;

/** A page of the dashboard without a browser: what it was told last, and what it asks for. */
export class OperatorPage {
  control: ControlReport | undefined;
  frame: FrameMessage | undefined;
  readonly notices: NoticeMessage[] = [];
  readonly #socket: WebSocket;
  readonly #operator: string;
  readonly #watchers = new Set<() => void>();

  private constructor(socket: WebSocket, operator: string) {
    this.#socket = socket;
    this.#operator = operator;
    socket.on('message', (data: Buffer, isBinary: boolean) => {
      if (isBinary) return;
      const message = parseMessage(serverMessage, data.toString());
      if (message.kind === 'control') this.control = message;
      if (message.kind === 'frame') this.frame = message;
      if (message.kind === 'notice') this.notices.push(message);
      for (const watcher of this.#watchers) watcher();
    });
  }

  /** @param url of the operator, or of who may only look */
  static async open(url: string): Promise<OperatorPage> {
    const { origin, host, search, hash } = new URL(url);
    const operator = hash.replace('#operator=', '');
    const socket = new WebSocket(`ws://${host}/live${search}&operator=${operator}`, { origin });
    const page = new OperatorPage(socket, operator);
    await new Promise((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('error', reject);
    });
    return page;
  }

  ask(request: object): void {
    this.#socket.send(JSON.stringify({ ...request, operator: this.#operator }));
  }

  /** Anybody may. */
  stop(): void {
    this.#socket.send(JSON.stringify({ kind: 'stop' }));
  }

  until(condition: (page: this) => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const fail = (): void => reject(new Error('the page was left alone'));
      const look = (): void => {
        if (!condition(this)) return;
        this.#watchers.delete(look);
        this.#socket.off('close', fail);
        resolve();
      };
      this.#watchers.add(look);
      this.#socket.once('close', fail);
      look();
    });
  }

  /** Holds a push until something has happened, then lets go; presses anew where it faltered. */
  async hold(axes: Partial<JogAxes>, until: (page: this) => boolean): Promise<void> {
    let told = 0;
    const timer = setInterval(() => {
      told += 1;
      // Now and then it is let go, as it has to be after a pause.
      this.#push(axes, told % 25 !== 1);
    }, HELD_MS);
    try {
      await this.until(until);
    } finally {
      clearInterval(timer);
      this.#push({}, false);
    }
  }

  close(): void {
    this.#socket.terminate();
  }

  #push(axes: Partial<JogAxes>, isDeadManHeld: boolean): void {
    const seenMs = this.control?.beatMs ?? 0;
    this.ask({ kind: 'jog', axes: { ...NO_AXES, ...axes }, isDeadManHeld, seenMs });
  }
}
