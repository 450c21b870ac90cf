import { decodePicture, parseMessage, serverMessage } from '../../src/serve/messages.ts';
import type { FrameMessage, HelloMessage, NoticeMessage, PageMessage, SceneMessage } from '../../src/serve/messages.ts';
import type { ControlReport, EvaluationReport } from '../../src/serve/control-messages.ts';
import { History } from './history.ts';
import { News } from './news.ts';
import type { LinkState, Picture, Topic, ViewSource } from './view-source.ts';

/** Said of each picture as it comes. */
const GOT = JSON.stringify({ kind: 'got' } satisfies PageMessage);
/** A lost connection is tried again after so long, ms. */
const RETRY_MS = 1000;
const RATE_WINDOW_MS = 2000;
/** Pictures that a page that was held up gets all at once have no rate. */
const SHORTEST_RATE_MS = 1000;

const NO_LINK = 'Not said: there is no connection to the runtime.';
const NO_STOP = 'Not stopped: there is no connection to the runtime. Stop the arm beside it, or at the terminal.';

/** A request without the operator's token, which is added here. */
type Request = PageMessage extends infer Kind ? (Kind extends PageMessage ? Omit<Kind, 'operator'> : never) : never;

/** The runtime as the page knows it, live. */
export class Connection implements ViewSource {
  state: LinkState = 'connecting';
  hello: HelloMessage | undefined;
  scene: SceneMessage | undefined;
  frame: FrameMessage | undefined;
  notice: NoticeMessage | undefined;
  control: ControlReport | undefined;
  evaluation: EvaluationReport | undefined;
  /** What was wrong with the newest message that could not be read, since the link was last made or lost. */
  problem = '';
  readonly pictures = new Map<string, Picture>();
  readonly history = new History();
  readonly #news = new News((tell) => void requestAnimationFrame(tell));
  readonly #arrivalsMs = new Map<string, number[]>();
  readonly #tokens: { readonly page: string; readonly operator: string };
  readonly #url: string;
  #socket: WebSocket | undefined;

  constructor({ search, hash, host }: Pick<Location, 'search' | 'hash' | 'host'>) {
    const page = new URLSearchParams(search).get('token') ?? '';
    const operator = new URLSearchParams(hash.slice(1)).get('operator') ?? '';
    this.#tokens = { page, operator };
    this.#url = `ws://${host}/live?${new URLSearchParams({ token: page, operator }).toString()}`;
    this.#connect();
  }

  listen(listener: () => void, topics?: readonly Topic[]): () => void {
    return this.#news.listen(listener, topics);
  }

  /** Without a connection nothing is asked for, now or later; whoever pressed something is told. */
  ask(request: Request): void {
    const needsOperator = request.kind !== 'stop' && request.kind !== 'slow' && request.kind !== 'got';
    const message = needsOperator ? { ...request, operator: this.#tokens.operator } : request;
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
    // What is held is said all the time, and the arm stops when it is not.
    else if (request.kind !== 'jog') this.#refuse(request.kind === 'stop' ? NO_STOP : NO_LINK);
  }

  #refuse(text: string): void {
    this.notice = { kind: 'notice', level: 'refused', text };
    this.#news.add('notice');
  }

  #connect(): void {
    const socket = new WebSocket(this.#url);
    socket.binaryType = 'arraybuffer';
    socket.addEventListener('open', () => this.#change({ state: 'open' }));
    socket.addEventListener('message', ({ data }: MessageEvent<string | ArrayBuffer>) => this.#take(data));
    socket.addEventListener('close', () => {
      this.#change({ state: 'lost' });
      setTimeout(() => this.#connect(), RETRY_MS);
    });
    this.#socket = socket;
  }

  #change({ state }: { readonly state: LinkState }): void {
    this.state = state;
    // It told of a link that is no more, and would hide what has become of this one.
    this.problem = '';
    this.#news.add('link');
  }

  #take(data: string | ArrayBuffer): void {
    try {
      if (typeof data === 'string') this.#news.add(this.#takeText(data));
      else {
        this.#socket?.send(GOT);
        this.#news.add(this.#takePicture(new Uint8Array(data)));
      }
    } catch (error) {
      this.problem = error instanceof Error ? error.message : String(error);
      this.#news.add('link');
    }
  }

  #takeText(text: string): Topic {
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
        this.history.add(message);
        break;
      case 'notice':
        this.notice = message;
        break;
      case 'control':
        this.control = message;
        break;
      case 'evaluation':
        this.evaluation = message;
        break;
    }
    return message.kind;
  }

  #takePicture(bytes: Uint8Array): Topic {
    const { header, rgb } = decodePicture(bytes);
    const nowMs = performance.now();
    const arrivals = [...(this.#arrivalsMs.get(header.camera) ?? []), nowMs].filter(
      (at) => nowMs - at < RATE_WINDOW_MS,
    );
    this.#arrivalsMs.set(header.camera, arrivals);
    const rateHz = ((arrivals.length - 1) * 1000) / Math.max(SHORTEST_RATE_MS, nowMs - (arrivals[0] ?? nowMs));
    const { width, height, stride, ageMs } = header;
    this.pictures.set(header.camera, { width, height, stride, rgb, ageMs, rateHz });
    return 'picture';
  }
}
