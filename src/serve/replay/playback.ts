/** Where somebody is in something that has been recorded. */
export interface Playback {
  readonly timeS: number;
  readonly isPlaying: boolean;
  /** Of the speed at which it happened. */
  readonly speed: number;
}

export const SPEEDS = [0.25, 0.5, 1, 2, 4] as const;

/**
 * The row that is due at a time: the last that had come by then, the first before that; -1 without rows.
 * @param timesS rising
 */
export function rowAt(timesS: readonly number[], timeS: number): number {
  let [low, high] = [0, timesS.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((timesS[middle] ?? Infinity) <= timeS) low = middle + 1;
    else high = middle;
  }
  return timesS.length === 0 ? -1 : Math.max(0, low - 1);
}

/** Some time later. It stops at the end, and at the beginning after less than nothing. */
export function advance(playback: Playback, elapsedS: number, endS: number): Playback {
  if (!playback.isPlaying) return playback;
  const timeS = playback.timeS + elapsedS * playback.speed;
  return timeS >= endS ? { ...playback, timeS: endS, isPlaying: false } : { ...playback, timeS: Math.max(0, timeS) };
}

/** What playing does at the end is to begin again; anywhere else it goes on. */
export function toggle(playback: Playback, endS: number): Playback {
  if (playback.isPlaying) return { ...playback, isPlaying: false };
  return { ...playback, isPlaying: true, timeS: playback.timeS >= endS ? 0 : playback.timeS };
}

/** At another row, counted from the one that is due; it stands still there. */
export function step(playback: Playback, timesS: readonly number[], rows: number): Playback {
  const row = Math.min(Math.max(rowAt(timesS, playback.timeS) + rows, 0), Math.max(0, timesS.length - 1));
  return { ...playback, timeS: timesS[row] ?? 0, isPlaying: false };
}
