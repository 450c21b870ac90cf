/** The part of a WebSocket that is needed to send to a page. */
export interface PageSocket {
  readonly bufferedAmount: number;
  readonly readyState: number;
  send(data: string | Uint8Array): void;
  close(code: number, reason: string): void;
  terminate(): void;
}

/** Of RFC 6455: the other side broke a rule. */
export const POLICY_VIOLATION = 1008;

/** More than this waiting to be sent, bytes, and a page is behind: it gets nothing more until it has caught up. */
export const MOST_WAITING_BYTES = 256 * 1024;
/** Requests that a page may have made since it fell behind: people who look over a slow network ask a few times. */
export const MOST_UNANSWERED = 32;
/**
 * Pictures on the way to a page, as it has said of none of them yet that it came. What lies in the memory of networks is seen
 * nowhere else, and makes all that is said behind it late.
 */
export const MOST_UNDER_WAY = 6;
/** The same of a page that gets them smaller, because its network is slow. */
const LEAST_UNDER_WAY = 2;
/** Pictures that a page misses beyond those it takes before it gets them with half as many pixels in a row and in a column. */
export const MOST_MISSED = 10;
/** Pictures that a page takes one after another before it gets them with twice as many again. */
export const ENOUGH_TAKEN = 1200;
/** Every so many pixels at most. */
const WIDEST_STRIDE = 4;
/** WebSocket.OPEN. */
const OPEN = 1;

/** What is known of a page. */
interface Page {
  /** The scene it has. */
  scene: string | undefined;
  /** What it was told last of each thing that stands until it changes. */
  readonly told: Map<string, string>;
  /** Requests since it fell behind. */
  unanswered: number;
  /** What it gets of pictures: every so many pixels. */
  stride: number;
  /** Pictures it missed, less those it took meanwhile. */
  missed: number;
  /** Pictures it took since it missed one. */
  taken: number;
  /** Pictures that were sent, and have not come yet. */
  underWay: number;
}

/** A picture as a page may get it. */
export interface ShownPicture {
  /** Whether it is worth having fewer pixels. */
  readonly isLarge: boolean;
  /** @param stride 1: all pixels; else every so many of them in both directions. Asked for only where a page takes it. */
  message(stride: number): Uint8Array;
}

/**
 * The pages that look. What a page does not read in time it does not get: nothing is queued for it here, so that neither its
 * memory nor its time is the runtime's. The scene is the exception: it is kept, and said when the page has caught up.
 */
export class Viewers {
  readonly #sockets = new Map<PageSocket, Page>();
  #scene: string | undefined;
  #dropped = 0;

  get count(): number {
    return this.#sockets.size;
  }

  /** Messages that pages did not get because they were behind. */
  get dropped(): number {
    return this.#dropped;
  }

  add(socket: PageSocket): void {
    this.#sockets.set(socket, {
      scene: undefined,
      told: new Map(),
      unanswered: 0,
      stride: 1,
      missed: 0,
      taken: 0,
      underWay: 0,
    });
  }

  remove(socket: PageSocket): void {
    this.#sockets.delete(socket);
  }

  /** The scene that what is shown next takes place in. */
  setScene(scene: string): void {
    this.#scene = scene;
  }

  /** Sends to whoever keeps up. */
  show(data: string | Uint8Array): void {
    for (const socket of this.#sockets.keys()) this.showTo(socket, data);
  }

  /**
   * Sends a picture to whoever keeps up. Pages that miss many, as over a network, get them smaller: what is said beside pictures,
   * above all that the arm was seen, has to come through as well.
   */
  showPicture(picture: ShownPicture): void {
    for (const [socket, page] of this.#sockets) {
      if (this.#isBehind(socket) || this.#hasEnough(page)) noteMissed(page);
      else {
        this.showTo(socket, picture.message(picture.isLarge ? page.stride : 1));
        noteTaken(page);
      }
    }
  }

  /** A page has got a picture. */
  noteGot(socket: PageSocket): void {
    const page = this.#sockets.get(socket);
    if (page !== undefined) page.underWay = Math.max(0, page.underWay - 1);
  }

  /**
   * Sends how something stands to whoever keeps up and does not know. Called again with the same, it reaches those who were
   * behind: nobody goes on seeing an arm that moves when it has stopped.
   */
  showNewest(topic: string, text: string): void {
    for (const [socket, { told }] of this.#sockets)
      if (told.get(topic) !== text && this.showTo(socket, text)) told.set(topic, text);
  }

  /** Answers a request of a page, if it keeps up. One that is behind gets no answer, and has to leave if it goes on asking. */
  answer(socket: PageSocket, text: string): void {
    if (this.showTo(socket, text)) return;
    const page = this.#sockets.get(socket);
    if (page === undefined) return;
    page.unanswered += 1;
    if (page.unanswered > MOST_UNANSWERED) socket.close(POLICY_VIOLATION, 'it asks and does not read');
  }

  /** Sends to one page, if it keeps up; whether it did. */
  showTo(socket: PageSocket, data: string | Uint8Array): boolean {
    if (this.#isBehind(socket)) return false;
    const page = this.#sockets.get(socket);
    if (this.#scene !== undefined && page !== undefined && page.scene !== this.#scene) {
      socket.send(this.#scene);
      page.scene = this.#scene;
    }
    if (page !== undefined) page.unanswered = 0;
    socket.send(data);
    return true;
  }

  #isBehind({ readyState, bufferedAmount }: PageSocket): boolean {
    if (readyState !== OPEN) return true;
    if (bufferedAmount <= MOST_WAITING_BYTES) return false;
    this.#dropped += 1;
    return true;
  }

  #hasEnough({ underWay, stride }: Page): boolean {
    if (underWay < Math.max(LEAST_UNDER_WAY, MOST_UNDER_WAY / stride)) return false;
    this.#dropped += 1;
    return true;
  }

  close(): void {
    for (const socket of this.#sockets.keys()) socket.terminate();
    this.#sockets.clear();
  }
}

function noteMissed(page: Page): void {
  page.taken = 0;
  page.missed += 1;
  if (page.missed < MOST_MISSED) return;
  page.missed = 0;
  page.stride = Math.min(WIDEST_STRIDE, 2 * page.stride);
}

function noteTaken(page: Page): void {
  page.underWay += 1;
  page.missed = Math.max(0, page.missed - 1);
  page.taken += 1;
  if (page.taken < ENOUGH_TAKEN) return;
  page.taken = 0;
  page.stride = Math.max(1, page.stride / 2);
}
