import { createInterface } from 'node:readline';

/** What a measured process says of itself when it is ready, and after each round of ticks. */
export interface Ready {
  readonly loadMs?: number;
  readonly parameters?: number;
}
export interface Round {
  /** Time of each tick. */
  readonly ms: readonly number[];
  /** Memory of the process. */
  readonly rssMb?: number;
}

/** Runs ticks as they are asked for: a line with a count in, a Round out, until the input ends. */
export async function serveRounds(ready: Ready, tick: () => Promise<unknown>): Promise<void> {
  process.stdout.write(`${JSON.stringify(ready)}\n`);
  for await (const line of createInterface({ input: process.stdin })) {
    const ms: number[] = [];
    for (let count = Number(line); count > 0; count -= 1) {
      const start = performance.now();
      await tick();
      ms.push(performance.now() - start);
    }
    process.stdout.write(`${JSON.stringify({ ms, rssMb: process.memoryUsage().rss / 1e6 })}\n`);
  }
}
