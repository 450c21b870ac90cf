import { useEffect, useReducer } from 'preact/hooks';
import { advance, rowAt, step, toggle } from '../../../src/serve/replay/playback.ts';
import type { Playback } from '../../../src/serve/replay/playback.ts';

type Listener = () => void;

/** Where somebody is in a track, and how it goes on. Everything on the page follows it. */
export class Player {
  readonly timesS: readonly number[];
  readonly endS: number;
  #playback: Playback = { timeS: 0, isPlaying: false, speed: 1 };
  readonly #listeners = new Set<Listener>();
  #drawnMs: number | undefined;

  constructor(timesS: readonly number[]) {
    this.timesS = timesS;
    this.endS = timesS.at(-1) ?? 0;
  }

  get playback(): Playback {
    return this.#playback;
  }

  get timeS(): number {
    return this.#playback.timeS;
  }

  /** The row that is due; -1 where there is none. */
  get row(): number {
    return rowAt(this.timesS, this.timeS);
  }

  seek(timeS: number): void {
    this.#set({ ...this.#playback, timeS: Math.min(Math.max(timeS, 0), this.endS) });
  }

  seekRow(row: number): void {
    this.seek(this.timesS[row] ?? 0);
  }

  step(rows: number): void {
    this.#set(step(this.#playback, this.timesS, rows));
  }

  toggle(): void {
    this.#set(toggle(this.#playback, this.endS));
  }

  set speed(speed: number) {
    this.#set({ ...this.#playback, speed });
  }

  stop(): void {
    this.#set({ ...this.#playback, isPlaying: false });
  }

  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #set(playback: Playback): void {
    const isStarting = playback.isPlaying && !this.#playback.isPlaying;
    this.#playback = playback;
    if (isStarting) this.#play();
    for (const listener of this.#listeners) listener();
  }

  #play(): void {
    this.#drawnMs = undefined;
    const draw = (nowMs: number): void => {
      if (!this.#playback.isPlaying) return;
      const elapsedS = (nowMs - (this.#drawnMs ?? nowMs)) / 1000;
      this.#drawnMs = nowMs;
      this.#set(advance(this.#playback, elapsedS, this.endS));
      requestAnimationFrame(draw);
    };
    requestAnimationFrame(draw);
  }
}

/** Draws a component again whenever the player has gone on. */
export function usePlayer(player: Player): Player {
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  useEffect(() => player.listen(() => redraw(undefined)), [player]);
  return player;
}

/** Draws a component again only when another row is due. */
export function useRow(player: Player): number {
  const [row, setRow] = useReducer((_: number, next: number) => next, player.row);
  useEffect(() => {
    setRow(player.row);
    return player.listen(() => setRow(player.row));
  }, [player]);
  return row;
}
