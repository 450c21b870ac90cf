import serveWebSocket from '@fastify/websocket';
import type { FastifyInstance } from 'fastify';
import { NS_PER_MS } from '../core/clock.ts';
import type { CameraFrame, Sampled } from '../core/observation.ts';
import { ArmatureError, messageOf } from '../core/errors.ts';
import { thinPicture } from '../core/thin-picture.ts';
import { isToken, newToken } from './access.ts';
import { encodePicture, pageMessage, parseMessage } from './messages.ts';
import type { ControlReport, ControlRequest, EvaluationReport } from './control-messages.ts';
import type { FrameMessage, HelloMessage, NoticeMessage, PageMessage, SceneMessage } from './messages.ts';
import { PageServer, queryOf } from './page-server.ts';
import { POLICY_VIOLATION, Viewers } from './viewers.ts';
import type { PageSocket } from './viewers.ts';

/** What a page may do to a run. What the operator alone may do is called for the operator alone. */
export interface DashboardActions {
  stop(): void;
  slowDown(share: number): void;
  speedUp(share: number): void;
  /** Throws ArmatureError for words that cannot be carried out. */
  instruct(text: string): void;
  /** Another episode. Throws as instruct does, and while one goes on. */
  begin(text: string): void;
}

/** What a page with the operator's token may do besides: work the arm, and what is recorded of it. Pages have numbers. */
export interface ControlDesk {
  /** What was done, for the page; empty: no answer. Throws ArmatureError for what cannot be done. */
  carryOut(request: ControlRequest, page: number): string;
  /** A page is gone. */
  leave(page: number): void;
  report(): ControlReport;
}

export interface DashboardOptions {
  /** Folder of the built page. */
  readonly pageDirectory: string;
  /** Address to listen on. */
  readonly address: string;
  /** 0: one that is free. */
  readonly port: number;
  readonly hello: Omit<HelloMessage, 'kind' | 'isOperator' | 'page'>;
  readonly actions: DashboardActions;
  /** How things stand; undefined: nothing new. */
  readonly frame: () => FrameMessage | undefined;
  readonly control?: ControlDesk;
  readonly pictures: () => readonly (readonly [string, Sampled<CameraFrame>])[];
}

/** A page that says something: its link, and its number. */
interface Asking {
  readonly socket: PageSocket;
  readonly page: number;
}

/** How often pages are told how things stand, ms. */
const FRAME_PERIOD_MS = 40;
/** How often it is looked for new pictures, ms: cameras of 30 pictures a second lose none of them here. */
const PICTURE_PERIOD_MS = 15;
/** Pages at the same time. */
const MOST_VIEWERS = 32;
/** Pictures up to this size reach anybody, bytes. */
const SMALL_PICTURE = 64 * 1024;
/** A message of a page is a few words, bytes. */
const LARGEST_MESSAGE = 4096;

/**
 * The page, and a WebSocket that tells it how a run goes on. Whoever has the token of the page may look, stop the arm and slow
 * it down; all else needs the operator's token, which stands in another URL. Nothing here waits for a browser.
 */
export class DashboardServer {
  readonly #options: DashboardOptions;
  readonly #viewers = new Viewers();
  readonly #operator = newToken();
  readonly #pictures = new Map<
    string,
    { readonly stampNs: number; readonly number: number; readonly bytes: Uint8Array }
  >();
  #pages: PageServer | undefined;
  #timers: readonly NodeJS.Timeout[] = [];
  #rounds = 0;
  #lastFrame = '';
  #lastControl = '';
  #evaluation = '';
  #pageCount = 0;

  private constructor(options: DashboardOptions) {
    this.#options = options;
  }

  /** Throws as PageServer.open does. */
  static async open(options: DashboardOptions): Promise<DashboardServer> {
    const { pageDirectory, address, port } = options;
    const dashboard = new DashboardServer(options);
    dashboard.#pages = await PageServer.open({
      pageDirectory,
      page: 'index.html',
      address,
      port,
      largestMessage: LARGEST_MESSAGE,
      addPlugins: async (server) => {
        await server.register(serveWebSocket, { options: { maxPayload: LARGEST_MESSAGE } });
      },
      addRoutes: (server, pages) => dashboard.#addRoutes(server, pages),
    });
    dashboard.#timers = [
      dashboard.#every(FRAME_PERIOD_MS, () => dashboard.#show()),
      dashboard.#every(PICTURE_PERIOD_MS, () => dashboard.#showPictures()),
    ];
    return dashboard;
  }

  /** For whoever may look, stop and slow down. */
  get url(): string {
    return this.#pages?.url ?? '';
  }

  /** For the operator. What stands behind # is not sent with requests and stands in no log. */
  get operatorUrl(): string {
    return `${this.url}#operator=${this.#operator}`;
  }

  /** Pages that are open, and messages they did not get because they were behind. */
  get viewers(): { readonly count: number; readonly dropped: number } {
    return { count: this.#viewers.count, dropped: this.#viewers.dropped };
  }

  /** What is drawn from now on. */
  setScene(scene: Omit<SceneMessage, 'kind'>): void {
    this.#viewers.setScene(JSON.stringify({ kind: 'scene', ...scene } satisfies SceneMessage));
  }

  /** How an evaluation stands. */
  showEvaluation(report: EvaluationReport): void {
    this.#evaluation = JSON.stringify(report);
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    this.#viewers.close();
    await this.#pages?.close();
  }

  #addRoutes(server: FastifyInstance, pages: PageServer): void {
    server.addHook('onRequest', async (request, reply) => {
      if (!request.url.startsWith('/live')) return undefined;
      if (!pages.isOwnOrigin(request.headers)) return reply.code(403).send('foreign origin');
      if (this.#viewers.count >= MOST_VIEWERS) return reply.code(503).send('too many pages');
      return undefined;
    });
    server.get('/live', { websocket: true }, (socket, request) => {
      const isOperator = isToken(queryOf(request)['operator'], this.#operator);
      this.#pageCount += 1;
      const page = this.#pageCount;
      socket.send(JSON.stringify({ kind: 'hello', ...this.#options.hello, isOperator, page } satisfies HelloMessage));
      this.#viewers.add(socket);
      // An episode that is over is shown as it ended.
      for (const text of [this.#evaluation, this.#lastControl, this.#lastFrame])
        if (text !== '') this.#viewers.showTo(socket, text);
      for (const { bytes } of this.#pictures.values()) this.#viewers.showTo(socket, bytes);
      socket.on('error', () => socket.terminate());
      socket.on('close', () => {
        this.#viewers.remove(socket);
        this.#options.control?.leave(page);
      });
      socket.on('message', (data: Buffer) => {
        const answer = this.#answer(data.toString(), { socket, page });
        if (answer === undefined) socket.close(POLICY_VIOLATION, 'a message that does not fit');
        else if (answer.text !== '') this.#viewers.answer(socket, JSON.stringify(answer));
      });
    });
  }

  /** Undefined for a message that is none of the table; without text where nothing is to be said. */
  #answer(text: string, from: Asking): NoticeMessage | undefined {
    let message: PageMessage;
    try {
      message = parseMessage(pageMessage, text);
    } catch {
      return undefined;
    }
    try {
      return { kind: 'notice', level: 'done', text: this.#carryOut(message, from) };
    } catch (error) {
      return { kind: 'notice', level: 'refused', text: error instanceof ArmatureError ? error.message : String(error) };
    }
  }

  #carryOut(message: PageMessage, { socket, page }: Asking): string {
    const { actions, control } = this.#options;
    if ('operator' in message && !isToken(message.operator, this.#operator)) throw notOperator();
    switch (message.kind) {
      case 'got':
        this.#viewers.noteGot(socket);
        return '';
      case 'stop':
        actions.stop();
        return 'The arm was told to stop.';
      case 'slow':
        actions.slowDown(message.share);
        return `No faster than ${Math.round(100 * message.share)} % now.`;
      case 'fast':
        actions.speedUp(message.share);
        return `Up to ${Math.round(100 * message.share)} % again.`;
      case 'instruct':
        actions.instruct(message.text);
        return `From the next tick on: ${message.text}`;
      case 'begin':
        actions.begin(message.text);
        return `Begins: ${message.text}`;
      default:
        if (control === undefined) throw nothingToControl();
        return control.carryOut(message, page);
    }
  }

  /** A fault in what is shown ends the showing, and nothing else: the arm goes on, and Stop works. */
  #every(periodMs: number, show: () => void): NodeJS.Timeout {
    const timer = setInterval(() => {
      try {
        show();
      } catch (error) {
        clearInterval(timer);
        const found = messageOf(error);
        const text = `What is shown stands still from here on; the run goes on, and Stop works. ${found}`;
        this.#viewers.show(JSON.stringify({ kind: 'notice', level: 'refused', text } satisfies NoticeMessage));
      }
    }, periodMs);
    return timer;
  }

  #show(): void {
    if (this.#viewers.count === 0) return;
    if (this.#evaluation !== '') this.#viewers.showNewest('evaluation', this.#evaluation);
    this.#showControl();
    const frame = this.#options.frame();
    if (frame === undefined) return;
    this.#lastFrame = JSON.stringify(frame);
    this.#viewers.showNewest('frame', this.#lastFrame);
  }

  /** Each time begins with another camera: a page that is behind after the first picture is not always without the same one. */
  #showPictures(): void {
    if (this.#viewers.count === 0) return;
    const pictures = this.#options.pictures();
    this.#rounds += 1;
    for (let index = 0; index < pictures.length; index += 1) {
      const picture = pictures[(this.#rounds + index) % pictures.length];
      if (picture !== undefined) this.#showPicture(picture[0], picture[1].value, picture[1].ageNs / NS_PER_MS);
    }
  }

  #showControl(): void {
    if (this.#options.control === undefined) return;
    this.#lastControl = JSON.stringify(this.#options.control.report());
    this.#viewers.showNewest('control', this.#lastControl);
  }

  #showPicture(camera: string, picture: CameraFrame, ageMs: number): void {
    const { stampNs } = picture;
    const last = this.#pictures.get(camera);
    if (last?.stampNs === stampNs || !Number.isFinite(stampNs)) return;
    const number = (last?.number ?? 0) + 1;
    const made = new Map<number, Uint8Array>();
    const message = (stride: number): Uint8Array => {
      const known = made.get(stride);
      if (known !== undefined) return known;
      const { rgb, ...size } = thinPicture(picture, stride);
      const bytes = encodePicture({ camera, ...size, stride, number, ageMs }, rgb);
      made.set(stride, bytes);
      return bytes;
    };
    this.#pictures.set(camera, { stampNs, number, bytes: message(1) });
    this.#viewers.showPicture({ isLarge: picture.rgb.length > SMALL_PICTURE, message });
  }
}

function notOperator(): ArmatureError {
  return new ArmatureError('E_OPERATOR_TOKEN', 'this needs the consent of the operator', {
    expected: "the operator's address, which the terminal shows",
    remedy: 'Open that address. Stopping and slowing down is allowed to everybody.',
  });
}

function nothingToControl(): ArmatureError {
  return new ArmatureError('E_DASHBOARD_CONTROL', 'nothing moves here that a page could work', {
    remedy: 'Use armature teleop or armature record with --teleop page.',
  });
}
