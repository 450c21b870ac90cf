import { MonotonicClock } from '../core/clock.ts';
import { formatProgress } from './progress.ts';
import { Terminal } from './terminal.ts';

/** A progress bar on the standard error for work that tells how far it is. */
export function showProgress(label: string): (done: number, total: number) => void {
  const clock = new MonotonicClock();
  const terminal = new Terminal(process.stderr, () => clock.nowNs());
  const startNs = clock.nowNs();
  return (done, total) => {
    const elapsedNs = clock.nowNs() - startNs;
    const lines = (): string[] => [formatProgress({ label, done, total, elapsedNs })];
    if (done === total) terminal.finish(lines());
    else terminal.update(lines);
  };
}
