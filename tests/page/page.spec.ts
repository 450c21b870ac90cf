import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeInBrowser } from './describe-in-browser.ts';
import { PATIENCE_MS, armPixels, openBrowser, openPage, say, shoot, untilState } from './with-browser.ts';
import type { WatchedPage } from './with-browser.ts';
import { simulatedRun, startRun } from './with-run.ts';
import type { Run } from './with-run.ts';

describeInBrowser('the page, in a browser', () => {
  let run: Run;
  let browser: Browser;
  let watched: WatchedPage;

  beforeAll(async () => {
    run = await startRun(simulatedRun('stack', 3));
    browser = await openBrowser();
    watched = await openPage(browser, run.operatorUrl);
  });

  afterAll(async () => {
    await browser?.close();
    await run?.end();
  });

  it('shows the arm as it moves, what the policy sees and its tokens, and complains of nothing', async () => {
    const { page, complaints } = watched;
    await page.getByTestId('tokens').waitFor();
    await untilState(page, 'Following');
    const before = await armPixels(page);
    await expect.poll(() => armPixels(page), { timeout: PATIENCE_MS }).not.toBe(before);
    expect(await page.getByTestId('tokens').textContent()).toContain('shoulder_pan');
    expect(await page.getByTestId('instruction').textContent()).toMatch(/cube|block/);
    await shoot(page, 'live-light');
    await page.emulateMedia({ colorScheme: 'dark' });
    await shoot(page, 'live-dark');
    await page.emulateMedia({ colorScheme: 'light' });
    expect(complaints).toEqual([]);
  });

  it('begins an episode for the operator, and takes other words while it goes on', async () => {
    const { page } = watched;
    await say(page, 'lift the red cube');
    await untilState(page, 'Following');
    await say(page, 'lift the blue cube');
    await page.getByTestId('instruction').filter({ hasText: 'blue' }).waitFor();
    expect(await page.getByTestId('notice').textContent()).toContain('From the next tick on');
    const tokens = page.getByTestId('tokens');
    await expect.poll(() => tokens.textContent(), { timeout: PATIENCE_MS }).toContain('blue');
  });

  it('lets who may only look stop and slow down, and nothing else; a wrong token does not even look', async () => {
    const { page: onlooker } = await openPage(browser, run.url);
    await onlooker.getByText('You look on').waitFor();
    expect(await onlooker.getByLabel('New words').count()).toBe(0);
    const refused = await onlooker.goto(run.url.replace(/token=.*/, 'token=wrong'));
    expect(refused?.status()).toBe(403);
    await onlooker.close();
  });
});
