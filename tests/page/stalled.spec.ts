import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { latenessText, startFedRun } from './fed-run.ts';
import type { FedRun } from './fed-run.ts';
import { PageClient } from './page-client.ts';

/** How many pictures each half goes on for: many more than what the system keeps for a connection. */
const HALF = 200;
/** Pages that read nothing. */
const STALLED = 5;

describe('pages that do not read', () => {
  let run: FedRun;
  let reader: PageClient;

  beforeAll(async () => {
    run = await startFedRun();
    reader = await PageClient.open(run.url);
    await reader.until(({ frames, pictures }) => frames > 10 && pictures.length > 10);
  });

  afterAll(async () => {
    reader?.close();
    await run?.end();
  });

  it('get little and hold up neither the loop nor those that read', async () => {
    const lookOn = async (): Promise<void> => {
      const from = reader.pictures.length;
      await reader.until(({ pictures }) => pictures.length >= from + HALF);
    };
    run.lateness();
    await lookOn();
    const alone = run.lateness();
    const stalled = await Promise.all(Array.from({ length: STALLED }, () => PageClient.open(run.url)));
    for (const client of stalled) client.stall();
    run.lateness();
    const memoryBefore = process.memoryUsage();
    await lookOn();
    const beside = run.lateness();
    const grownMb = (process.memoryUsage().arrayBuffers - memoryBefore.arrayBuffers) / 1e6;
    process.stderr.write(`one page that reads: ${latenessText(alone)}\n`);
    process.stderr.write(
      `and ${STALLED} that do not: ${latenessText(beside)}, buffers ${grownMb.toFixed(0)} MB larger\n`,
    );
    expect(reader.frame?.episode.isRunning).toBe(true);

    // What was queued for a page is what it still gets: a few pictures of all that there were, then the newest.
    for (const client of stalled) {
      const newest = Math.max(...reader.pictures.map(({ number }) => number));
      client.resume();
      await client.until(({ pictures }) => (pictures.at(-1)?.number ?? 0) > newest);
      const queued = client.pictures.filter(({ number }) => number <= newest);
      expect(queued.length).toBeLessThan(HALF / 2);
      client.close();
    }
  });
});
