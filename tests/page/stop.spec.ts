import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { BlackBoxTick } from '../../src/record/black-box-format.ts';
import { describeInBrowser } from './describe-in-browser.ts';
import { startFedRun } from './fed-run.ts';
import type { FedRun } from './fed-run.ts';
import { measureStop, noteStops } from './measure-stop.ts';
import { readPageClock } from './page-clock.ts';
import type { PageClock } from './page-clock.ts';
import { openBrowser, openPage, say, untilState } from './with-browser.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const INSTRUCTION = 'touch the red disc';

/** Whether the command of a tick moves a joint. */
function moves({ emittedRad, previousRad }: BlackBoxTick): boolean {
  return emittedRad.some((position, joint) => position !== previousRad[joint]);
}

describeInBrowser('Stop on the page', () => {
  const directory = temporaryFolder();
  let run: FedRun;
  let browser: Browser;
  let page: Page;
  let clock: PageClock;

  beforeAll(async () => {
    run = await startFedRun({ blackBox: directory });
    browser = await openBrowser();
    ({ page } = await openPage(browser, run.operatorUrl, {
      prepare: noteStops,
      viewport: { width: 1024, height: 768 },
    }));
    clock = await readPageClock(page);
  });

  afterAll(async () => {
    await browser?.close();
    await run?.end();
  });

  const ways: readonly (readonly [string, () => Promise<void>])[] = [
    ['a click', () => page.getByTestId('stop').click()],
    ['the space bar', () => page.keyboard.press('Space')],
    ['Escape, also where somebody writes', () => page.getByLabel('New words').press('Escape')],
  ];

  it.each(ways)('stops the arm by %s, by the log of the arm process, and it holds', async (way, press) => {
    // Where somebody writes, the space bar writes.
    await page.getByRole('heading', { name: 'Armature' }).click();
    await untilState(page, 'Following');
    const stop = await measureStop({ page, clock, nextBlackBox: () => run.nextBlackBox() }, press);
    const { pageMs, runtimeMs, uncertaintyMs, file, began } = stop;
    process.stderr.write(
      `stop by ${way}: the arm began to stop ${(pageMs + runtimeMs).toFixed(1)} ms later, ` +
        `${pageMs.toFixed(1)} of them in the page (clocks to ${uncertaintyMs.toFixed(1)} ms)\n`,
    );
    // The press came before the stop, and nothing but the press ended the episode.
    expect(pageMs + runtimeMs).toBeGreaterThan(-uncertaintyMs);
    expect(file.header.cause).toBe('aborted');
    const after = file.ticks.slice(file.ticks.indexOf(began));
    expect(after.filter(({ state }) => state !== 'stopping' && state !== 'hold')).toEqual([]);
    expect(after.every(({ target }) => target === null)).toBe(true);
    expect(moves(after.at(-1) as BlackBoxTick)).toBe(false);
    expect(await page.getByTestId('outcome').textContent()).toContain('stopped');
    // It is held: the next episode begins when the operator says so.
    await page.getByRole('button', { name: 'Begin an episode' }).waitFor();
    await say(page, INSTRUCTION);
  });
});
