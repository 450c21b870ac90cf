/** How far a piece of work is. */
export interface Progress {
  readonly label: string;
  readonly done: number;
  readonly total: number;
  /** Time since the work began, ns. */
  readonly elapsedNs: number;
  /** What there is to say so far, for example "17 of 20 succeeded". */
  readonly note?: string;
}

const BAR_CELLS = 24;

/** `collecting  [########----------------]  12/36  0:41 left  11 succeeded` */
export function formatProgress({ label, done, total, elapsedNs, note }: Progress): string {
  const fraction = total === 0 ? 1 : Math.min(1, done / total);
  const filled = Math.round(fraction * BAR_CELLS);
  const bar = '#'.repeat(filled) + '-'.repeat(BAR_CELLS - filled);
  return [label, `[${bar}]`, `${done}/${total}`, timeLeft(fraction, elapsedNs), note ?? ''].filter(Boolean).join('  ');
}

function timeLeft(fraction: number, elapsedNs: number): string {
  if (fraction >= 1) return `took ${formatDuration(elapsedNs)}`;
  // Of nothing done, nothing can be foretold.
  if (fraction <= 0) return '';
  return `${formatDuration((elapsedNs * (1 - fraction)) / fraction)} left`;
}

/** `0:07`, `12:30`, `1:02:03` */
export function formatDuration(durationNs: number): string {
  const seconds = Math.round(durationNs / 1e9);
  const twoDigits = (value: number): string => String(value).padStart(2, '0');
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const clock = `${hours > 0 ? twoDigits(minutes) : minutes}:${twoDigits(seconds % 60)}`;
  return hours > 0 ? `${hours}:${clock}` : clock;
}
