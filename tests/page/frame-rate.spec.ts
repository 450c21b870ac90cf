import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeInBrowser } from './describe-in-browser.ts';
import { startFedRun } from './fed-run.ts';
import type { FedRun } from './fed-run.ts';
import { frameRateText, measureFrames } from './measure-frames.ts';
import { PATIENCE_MS, openBrowser, openPage, shoot, untilState } from './with-browser.ts';

/** What a camera shows now. */
function pictureOf(page: Page, camera: string): Promise<string> {
  return page
    .getByRole('img', { name: `Camera ${camera}` })
    .evaluate((canvas) => (canvas as unknown as { toDataURL(): string }).toDataURL());
}

describeInBrowser('a page with two cameras of 640 x 480 at 30 Hz', () => {
  let run: FedRun;

  beforeAll(async () => {
    run = await startFedRun();
  });

  afterAll(async () => {
    await run?.end();
  });

  it.each([
    ['with the arm in three dimensions', []],
    ['in a browser without WebGL', ['--disable-3d-apis']],
  ])('shows the cameras, the joints and the gate as they change, %s', async (what, flags) => {
    const browser = await openBrowser(flags);
    try {
      const { page } = await openPage(browser, run.url, { viewport: { width: 1280, height: 800 } });
      await untilState(page, 'Following');
      process.stderr.write(`${what}: ${frameRateText(await measureFrames(page))}\n`);
      for (const camera of ['front', 'wrist']) {
        const before = await pictureOf(page, camera);
        await expect.poll(() => pictureOf(page, camera), { timeout: PATIENCE_MS }).not.toBe(before);
      }
      expect(await page.getByText('draws nothing in three dimensions').count()).toBe(flags.length);
      await shoot(page, flags.length === 0 ? 'cameras-640' : 'without-webgl');
    } finally {
      await browser.close();
    }
  });
});
