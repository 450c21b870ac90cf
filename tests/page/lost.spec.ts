import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeInBrowser } from './describe-in-browser.ts';
import { startFedRun } from './fed-run.ts';
import { PATIENCE_MS, openBrowser, openPage } from './with-browser.ts';

describeInBrowser('a page whose runtime is gone', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser?.close());

  it('says so, and that Stop stops nothing', async () => {
    const run = await startFedRun();
    const { page } = await openPage(browser, run.operatorUrl);
    await run.end();
    await page.locator('.link.lost').waitFor({ timeout: PATIENCE_MS });
    await page.getByTestId('stop').click();
    expect(await page.getByTestId('notice').textContent()).toMatch(/^Not stopped: there is no connection/);
  });
});
