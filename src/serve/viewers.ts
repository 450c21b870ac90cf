/** The part of a WebSocket that is needed to send to a page. */
export interface PageSocket {
  readonly bufferedAmount: number;
  readonly readyState: number;
  send(data: string | Uint8Array): void;
  terminate(): void;
}

/** More than this waiting to be sent, bytes, and a page is behind: it gets nothing more until it has caught up. */
export const MOST_WAITING_BYTES = 256 * 1024;
/** WebSocket.OPEN. */
const OPEN = 1;

/**
 * The pages that look. What a page does not read in time it does not get: nothing is queued for it here, so that neither its
 * memory nor its time is the runtime's. The scene is the exception: it is kept, and said when the page has caught up.
 */
export class Viewers {
  /** Which scene each page has, and what it was told last of each thing that stands until it changes. */
  readonly #sockets = new Map<PageSocket, { scene: string | undefined; readonly told: Map<string, string> }>();
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
    this.#sockets.set(socket, { scene: undefined, told: new Map() });
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
   * Sends how something stands to whoever keeps up and does not know. Called again with the same, it reaches those who were
   * behind: nobody goes on seeing an arm that moves when it has stopped.
   */
  showNewest(topic: string, text: string): void {
    for (const [socket, { told }] of this.#sockets)
      if (told.get(topic) !== text && this.showTo(socket, text)) told.set(topic, text);
  }

  /** Sends to one page, if it keeps up; whether it did. */
  showTo(socket: PageSocket, data: string | Uint8Array): boolean {
    if (socket.readyState !== OPEN) return false;
    if (socket.bufferedAmount > MOST_WAITING_BYTES) {
      this.#dropped += 1;
      return false;
    }
    const page = this.#sockets.get(socket);
    if (this.#scene !== undefined && page !== undefined && page.scene !== this.#scene) {
      socket.send(this.#scene);
      page.scene = this.#scene;
    }
    socket.send(data);
    return true;
  }

  close(): void {
    for (const socket of this.#sockets.keys()) socket.terminate();
    this.#sockets.clear();
  }
}
