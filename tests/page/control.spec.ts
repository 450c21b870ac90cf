import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DatasetReader } from '../../src/record/dataset-reader.ts';
import { jog, sentMarks, takeControl } from './control-page.ts';
import { describeInBrowser } from './describe-in-browser.ts';
import { PATIENCE_MS, armPixels, openBrowser, openPage, shoot } from './with-browser.ts';
import { startRun } from './with-run.ts';
import type { Run } from './with-run.ts';
import { temporaryFolder } from '../temporary-folder.ts';

describeInBrowser('control from the page', () => {
  const directory = temporaryFolder();
  let browser: Browser;

  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser?.close();
  });

  describe('armature teleop --teleop page', () => {
    let run: Run;
    beforeAll(async () => {
      run = await startRun(['teleop', '--robot', 'so101', '--teleop', 'page', '--task', 'lift']);
    });
    afterAll(async () => run?.end());

    it('moves the arm while a button is held, stops when it is let go, and gives the control to one page', async () => {
      const { page, complaints } = await openPage(browser, run.operatorUrl, {
        viewport: { width: 1440, height: 1500 },
      });
      await page.getByTestId('control-state').filter({ hasText: 'Nobody has the control' }).waitFor();
      expect(await page.getByTestId('jog-forward').isDisabled()).toBe(true);
      await takeControl(page);
      await page.getByTestId('speed-fast').click();
      await jog(page, 'left');
      await page.getByTestId('control-state').filter({ hasText: 'You move the arm' }).waitFor();
      await shoot(page, 'control');
      await page.mouse.up();
      await page.getByTestId('control-state').filter({ hasText: 'You have the control' }).waitFor();
      await page.waitForTimeout(1000);
      const stood = await sentMarks(page);
      await page.waitForTimeout(1000);
      expect(await sentMarks(page)).toBe(stood);

      const other = await openPage(browser, run.operatorUrl);
      await takeControl(other.page);
      await page.getByTestId('control-state').filter({ hasText: 'Another page' }).waitFor();
      await other.page.close();
      await page.getByTestId('control-state').filter({ hasText: 'Nobody' }).waitFor();

      const onlooker = await openPage(browser, run.url);
      await onlooker.page.getByText('Only the operator’s address moves the arm').waitFor();
      expect(await onlooker.page.getByTestId('take-control').count()).toBe(0);
      await onlooker.page.close();
      expect(complaints).toEqual([]);
      await page.close();
    });

    it('lets go of a button that goes away under the finger', async () => {
      const said: string[] = [];
      const { page } = await openPage(browser, run.operatorUrl, {
        viewport: { width: 1440, height: 1500 },
        prepare: async (opened) => {
          opened.on('websocket', (socket) => {
            socket.on('framesent', ({ payload }) => {
              const text = payload.toString();
              if (text.includes('"jog"')) said.push(text);
            });
          });
        },
      });
      await takeControl(page);
      await jog(page, 'forward');
      expect(said.at(-1)).toContain('"isDeadManHeld":true');
      // The key for the next mode takes no focus from the button, and the button goes away.
      await page.keyboard.press('m');
      await page.keyboard.press('m');
      await page.getByTestId('jog-forward').waitFor({ state: 'detached' });
      await page.mouse.up();
      await page.waitForTimeout(500);
      expect(said.at(-1)).toContain('"isDeadManHeld":false');
      await page.getByTestId('mode-base').click();
      await page.close();
    });

    it('fits a phone', async () => {
      const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 };
      const { page } = await openPage(browser, run.operatorUrl, phone);
      await takeControl(page);
      await page.getByTestId('mode-joint').click();
      await page.getByTestId('jog-joint-up').waitFor();
      await page.getByTestId('mode-base').click();
      const width = await page.evaluate<number>('document.documentElement.scrollWidth');
      expect(width).toBeLessThanOrEqual(390);
      await shoot(page, 'control-phone');
      await page.close();
    });
  });

  it('records an episode from the page, and ends the recording', async () => {
    const out = join(directory, 'recorded');
    const words = [
      'record',
      '--robot',
      'so101',
      '--teleop',
      'page',
      '--task',
      'reach',
      '--out',
      out,
      '--episodes',
      '2',
    ];
    const run = await startRun([...words, '--episode-time', '600']);
    const ended = new Promise<number | null>((resolve) => run.child.once('exit', resolve));
    const { page, complaints } = await openPage(browser, run.operatorUrl, { viewport: { width: 1440, height: 1500 } });
    await page.getByTestId('recording').filter({ hasText: 'Waits' }).waitFor();
    await page.getByTestId('session-begin').click();
    await page.getByTestId('recording').filter({ hasText: 'Recording' }).waitFor();
    await takeControl(page);
    await page.getByTestId('speed-fast').click();
    await jog(page, 'forward');
    await shoot(page, 'record');
    await page.mouse.up();
    await page.getByTestId('session-end').click();
    await expect.poll(() => page.getByTestId('saved').textContent(), { timeout: PATIENCE_MS }).toBe('1');
    await page.getByTestId('recording').filter({ hasText: 'Waits' }).waitFor();
    await page.getByTestId('session-leave').click();
    expect(await ended).toBe(0);
    const { episodes } = await DatasetReader.open(out);
    expect(episodes).toHaveLength(1);
    expect(episodes[0]?.length).toBeGreaterThan(10);
    expect(complaints.filter((text) => !/WebSocket|ERR_/.test(text))).toEqual([]);
    await page.close();
  });

  it('shows the table of an evaluation', async () => {
    const what = ['eval', '--policy', 'desk', '--tasks', 'reach,lift', '--episodes', '2', '--workers', '1', '--expert'];
    const run = await startRun(what);
    const { page } = await openPage(browser, run.operatorUrl, { viewport: { width: 1100, height: 800 } });
    await page.getByTestId('evaluated').filter({ hasText: '4 of 4' }).waitFor();
    expect(await page.getByTestId('task-lift').textContent()).toContain('2 of 2');
    await shoot(page, 'evaluation');
    await page.close();
    await run.until((said) => said.includes('until Ctrl-C'));
    await run.end();
    expect(run.printed()).toContain('95 % interval');
  });

  it('shows an episode of an evaluation while its policy acts', async () => {
    const run = await startRun(['eval', '--policy', 'desk', '--tasks', 'stack', '--episodes', '4', '--workers', '2']);
    const { page, complaints } = await openPage(browser, run.operatorUrl, { viewport: { width: 1600, height: 1400 } });
    await page
      .getByTestId('seen')
      .filter({ hasText: /^stack, seed 50000[0-3]$/ })
      .waitFor();
    await page.getByTestId('tokens').filter({ hasText: 'shoulder_pan' }).waitFor();
    const before = await armPixels(page);
    await expect.poll(() => armPixels(page), { timeout: PATIENCE_MS }).not.toBe(before);
    await shoot(page, 'evaluation-under-way');
    await page.setViewportSize({ width: 390, height: 844 });
    await shoot(page, 'evaluation-phone');
    expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(390);
    await page.setViewportSize({ width: 1600, height: 1400 });
    await page.getByTestId('evaluated').filter({ hasText: '4 of 4' }).waitFor();
    await page.getByText('The episode that was shown last').waitFor();
    expect(complaints).toEqual([]);
    await page.close();
    await run.end();
  });
});
