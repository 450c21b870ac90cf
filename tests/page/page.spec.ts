import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeInBrowser } from './describe-in-browser.ts';
import { focusableNames, tabThrough } from './keyboard.ts';
import { PageClient } from './page-client.ts';
import { PATIENCE_MS, armPixels, openBrowser, openPage, say, shoot, untilState } from './with-browser.ts';
import type { WatchedPage } from './with-browser.ts';
import { simulatedRun, startRun } from './with-run.ts';
import type { Run } from './with-run.ts';

/** A task that takes its time: an arm that is looked at moves. */
const LONG_TASK = 'stack the red cube on the blue cube';
const CLIENTS = 10;

describeInBrowser('the page, in a browser', () => {
  let run: Run;
  let browser: Browser;
  let watched: WatchedPage;
  let page: Page;

  beforeAll(async () => {
    run = await startRun(simulatedRun(LONG_TASK, 3));
    browser = await openBrowser();
    watched = await openPage(browser, run.operatorUrl);
    ({ page } = watched);
  });

  afterAll(async () => {
    await browser?.close();
    await run?.end();
  });

  it('shows the arm as it moves, what the policy sees and its tokens', async () => {
    await page.getByTestId('tokens').waitFor();
    await untilOver(page);
    await say(page, LONG_TASK);
    await untilState(page, 'Following');
    const before = await armPixels(page);
    await expect.poll(() => armPixels(page), { timeout: PATIENCE_MS }).not.toBe(before);
    expect(await page.getByTestId('tokens').textContent()).toContain('shoulder_pan');
    expect(await page.getByTestId('instruction').textContent()).toContain(LONG_TASK);
    await shoot(page, 'live-light');
    await page.emulateMedia({ colorScheme: 'dark' });
    await shoot(page, 'live-dark');
    await page.emulateMedia({ colorScheme: 'light' });
    await page.setViewportSize({ width: 820, height: 1180 });
    await shoot(page, 'live-tablet');
    await page.setViewportSize({ width: 1440, height: 1400 });
    await untilOver(page);
    await shoot(page, 'episode-over');
  });

  it(`shows the same to ${CLIENTS} at once`, async () => {
    const clients = await Promise.all(Array.from({ length: CLIENTS - 1 }, () => PageClient.open(run.url)));
    await say(page, LONG_TASK);
    await Promise.all([
      untilState(page, 'Following'),
      ...clients.map((client) =>
        client.until(({ scene, frame, frames, pictures }) => {
          const cameras = new Set(pictures.slice(2).map(({ camera }) => camera));
          return scene !== undefined && frame?.gate.state === 'active' && frames > 10 && cameras.size === 2;
        }),
      ),
    ]);
    for (const client of clients) client.close();
    await untilOver(page);
  });

  it('is used by the keyboard alone, Stop first, and every control has a name', async () => {
    await page.reload();
    // What the buttons are called is known with the first news.
    await untilOver(page);
    expect((await focusableNames(page)).filter(({ name }) => name === '')).toEqual([]);
    const reached = await tabThrough(page);
    expect(reached[0]).toMatch(/^Stop/);
    const buttons = await page.locator('button:enabled').allInnerTexts();
    const missed = buttons.filter((text) => !reached.includes(text.replaceAll(/\s+/g, ' ').trim()));
    expect(missed).toEqual([]);
  });

  it('lets who may only look stop and slow down, and nothing else', async () => {
    const { page: onlooker } = await openPage(browser, run.url);
    await onlooker.getByText('You look on').waitFor();
    expect(await onlooker.getByLabel('New words').count()).toBe(0);
    expect(await onlooker.getByRole('button', { name: /^Stop/ }).isEnabled()).toBe(true);
    await shoot(onlooker, 'onlooker');
    await onlooker.close();
  });

  it('has complained of nothing until here', () => {
    expect(watched.complaints).toEqual([]);
  });
});

async function untilOver(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Begin an episode' }).waitFor();
}
