/** The part of a stream that a Terminal needs; process.stdout is one. */
export interface TerminalStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** Without a terminal to redraw, a log line at most this often says that the work goes on, ns. */
const LOG_INTERVAL_NS = 5e9;
/** A terminal is redrawn at most this often: more cannot be read, and writing takes time from the loop. */
const REDRAW_INTERVAL_NS = 66e6;
const DEFAULT_COLUMNS = 80;

/**
 * Writes lines, and below them a block that is redrawn in place (a progress bar, a live panel).
 * Where the stream is no terminal (a file, a pipe, continuous integration), the block becomes a
 * line now and then.
 */
export class Terminal {
  readonly #stream: TerminalStream;
  readonly #nowNs: () => number;
  #block: readonly string[] = [];
  #drawnNs = Number.NEGATIVE_INFINITY;

  /** @param nowNs monotonic ns */
  constructor(stream: TerminalStream, nowNs: () => number) {
    this.#stream = stream;
    this.#nowNs = nowNs;
  }

  get interactive(): boolean {
    return this.#stream.isTTY === true;
  }

  get columns(): number {
    const { columns = 0 } = this.#stream;
    // Some terminals do not know their size, and say 0.
    return columns > 0 ? columns : DEFAULT_COLUMNS;
  }

  /** A line that stays. */
  line(text: string): void {
    this.#erase();
    this.#stream.write(`${text}\n`);
    this.#draw();
  }

  /**
   * Shows the block, if it is time to. `lines` is only called when it is.
   * The first line stands for the whole block where nothing can be redrawn.
   */
  update(lines: () => readonly string[]): void {
    const nowNs = this.#nowNs();
    if (nowNs - this.#drawnNs < (this.interactive ? REDRAW_INTERVAL_NS : LOG_INTERVAL_NS)) return;
    this.#drawnNs = nowNs;
    this.#show(lines());
  }

  /** Shows the block whatever the time, and leaves it standing. */
  finish(lines: readonly string[]): void {
    this.#show(lines);
    this.#block = [];
    this.#drawnNs = Number.NEGATIVE_INFINITY;
  }

  #show(lines: readonly string[]): void {
    if (!this.interactive) {
      this.#stream.write(`${lines[0] ?? ''}\n`);
      return;
    }
    this.#erase();
    // One cell is left free: a full line would wrap, and erasing would miss the rest of it.
    this.#block = lines.map((line) => line.slice(0, this.columns - 1));
    this.#draw();
  }

  #draw(): void {
    for (const line of this.#block) this.#stream.write(`${line}\n`);
  }

  #erase(): void {
    // Up over the block, then clear to the end of the screen.
    if (this.#block.length > 0) this.#stream.write(`\u001b[${this.#block.length}A\u001b[0J`);
  }
}
