import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { armature } from '../cli/armature.ts';
import { describeInBrowser } from './describe-in-browser.ts';
import { focusableNames } from './keyboard.ts';
import { armPixels, openBrowser, openPage, PATIENCE_MS, shoot } from './with-browser.ts';
import type { WatchedPage } from './with-browser.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Two episodes with their black boxes, films, and a black box that was cut; what the verbs write. */
async function makeLibrary(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'armature-serve-'));
  const run = [
    'run',
    '--robot',
    'so101',
    '--driver',
    'sim',
    '--policy',
    'desk',
    '--task',
    'lift',
    '--lockstep',
    '--no-report',
  ];
  const keep = ['--record', join(folder, 'data'), '--black-box', join(folder, 'black-box')];
  const films = ['--video', join(folder, 'clips'), '--video-all'];
  const done = [
    await armature(...run, '--episodes', '2', '--seed', '3', ...keep),
    await armature('eval', '--policy', 'desk', '--tasks', 'lift', '--episodes', '1', '--workers', '1', ...films),
  ];
  expect(done.map(({ status, stderr }) => (status === 0 ? '' : stderr))).toEqual(['', '']);
  expect(readdirSync(join(folder, 'black-box'))).toHaveLength(2);
  writeFileSync(join(folder, 'black-box', 'foreign.jsonl'), '{"step": 1}\n');
  return folder;
}

async function startServe(folder: string): Promise<{ readonly child: ChildProcess; readonly url: string }> {
  const words = ['--import', 'tsx', 'src/cli/main.ts', 'serve', folder, '--json'];
  const child = spawn(process.execPath, words, { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] });
  const said = await new Promise<string>((resolve, reject) => {
    let text = '';
    child.stdout.on('data', (bytes: Buffer) => {
      text += bytes.toString();
      if (text.endsWith('\n')) resolve(text);
    });
    child.on('exit', () => reject(new Error(text)));
  });
  return { child, url: (JSON.parse(said) as { url: string }).url };
}

describeInBrowser('the page of armature serve, in a browser', () => {
  let folder: string;
  let child: ChildProcess;
  let browser: Browser;
  let watched: WatchedPage;
  let page: Page;

  beforeAll(async () => {
    folder = await makeLibrary();
    const served = await startServe(folder);
    child = served.child;
    browser = await openBrowser();
    watched = await openPage(browser, served.url, { viewport: { width: 1440, height: 1500 } });
    ({ page } = watched);
  }, 4 * PATIENCE_MS);

  afterAll(async () => {
    await browser?.close();
    if (child !== undefined) {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGINT');
      await ended;
    }
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  });

  it('lists what is there, and what is not shown with its reason', async () => {
    await page.getByRole('link', { name: /data/ }).waitFor();
    expect(await page.getByRole('navigation').locator('h2').allInnerTexts()).toEqual([
      'Recordings 1',
      'Black boxes 2',
      'Evaluations 1',
    ]);
    await page.getByText('1 other file, not shown').click();
    await page.getByText('is no black box').waitFor();
    await shoot(page, 'serve-list');
    await page.getByText('1 other file, not shown').click();
  });

  it('goes through an episode by slider, keys and clicks, arm and pictures with it', async () => {
    await page.getByRole('link', { name: /2 episodes/ }).click();
    await page.getByTestId('slider').waitFor();
    const time = (): Promise<string> => page.getByTestId('time').innerText();
    expect(await time()).toMatch(/^0\.00 of/);
    await untilPictures(page, 2);
    const before = await armPixels(page);
    await page.getByTestId('slider').fill('15');
    expect(await time()).toMatch(/^0\.75 of .* row 15/);
    await expect.poll(() => armPixels(page), { timeout: PATIENCE_MS }).not.toBe(before);
    await page.keyboard.press('ArrowLeft');
    expect(await time()).toMatch(/row 14/);
    await page.keyboard.press('Shift+ArrowLeft');
    expect(await time()).toMatch(/row 4/);
    await page.keyboard.press('End');
    expect(await time()).not.toMatch(/row 4/);
    await page.getByTestId('slider').fill('18');
    await untilPictures(page, 2);
    expect(await page.getByTestId('tokens').innerText()).toContain('shoulder_pan');
    expect(await page.getByText('Computed from what was recorded').count()).toBe(1);
    expect(await page.getByTestId('Episode').locator('option').first().innerText()).toContain('✓ succeeded');
    await shoot(page, 'serve-recording');
    await page.emulateMedia({ colorScheme: 'dark' });
    await shoot(page, 'serve-recording-dark');
    await page.emulateMedia({ colorScheme: 'light' });
    await page.setViewportSize({ width: 820, height: 1180 });
    await shoot(page, 'serve-tablet');
    await page.setViewportSize({ width: 1440, height: 1500 });
  });

  it('plays to the end and stands there', async () => {
    await page.keyboard.press('Home');
    await page.getByLabel('Speed').selectOption('4');
    await page.getByTestId('play').click();
    await page.getByTestId('time').filter({ hasNotText: 'row 0' }).waitFor();
    await page.getByTestId('play').filter({ hasText: 'Play' }).waitFor();
    const [now, end] = (await page.getByTestId('time').innerText()).match(/[\d.]+/g) ?? [];
    expect(now).toBe(end);
  });

  it('compares two episodes in numbers and curves', async () => {
    await page.getByTestId('compare').selectOption({ label: 'another episode of it' });
    const comparison = page.getByTestId('comparison');
    await comparison.waitFor();
    expect(await comparison.locator('tbody tr').count()).toBe(6);
    await comparison.getByRole('button').first().click();
    await untilPictures(page, 4);
    await shoot(page, 'serve-compare');
    // An address keeps what is looked at.
    await page.reload();
    await comparison.waitFor();
  });

  it('shows what a black box knows, and jumps to where the gate did something', async () => {
    await page.getByRole('link', { name: /success-1\.jsonl/ }).click();
    const stop = page.getByRole('button', { name: /Stopping/ });
    await stop.click();
    const [, at = ''] = /([\d.]+) s/.exec(await stop.innerText()) ?? [];
    expect(await page.getByTestId('time').innerText()).toContain(`${at} of`);
    expect(await page.getByTestId('tokens').innerText()).toContain('shoulder_pan');
    await untilPictures(page, 2);
    expect(await page.getByTestId('instruction').innerText()).toMatch(/cube/);
    await page.getByTestId('slider').fill('60');
    await shoot(page, 'serve-black-box');
  });

  it('shows an evaluation and plays its films', async () => {
    await page.getByRole('link', { name: /1 film/ }).click();
    expect(await page.getByTestId('evaluation').innerText()).toMatch(/lift[\s\S]*of 1/);
    const video = page.getByTestId('film').locator('video');
    await video.evaluate((film) => (film as unknown as { play(): Promise<void> }).play());
    const playedS = (): Promise<number> =>
      video.evaluate((film) => (film as unknown as { currentTime: number }).currentTime);
    await expect.poll(playedS, { timeout: PATIENCE_MS }).toBeGreaterThan(0);
    await shoot(page, 'serve-evaluation');
  });

  it('has a name for every control, and has complained of nothing', async () => {
    await page.goBack();
    await page.getByTestId('slider').waitFor();
    expect((await focusableNames(page)).filter(({ name }) => name === '')).toEqual([]);
    // A picture that is no longer wanted is let go of.
    expect(watched.complaints.filter((text) => !text.includes('ERR_ABORTED'))).toEqual([]);
  });
});

/** Waits until so many pictures have come. */
async function untilPictures(page: Page, count: number): Promise<void> {
  const loaded = (): Promise<number> =>
    page
      .locator('img.recorded')
      .evaluateAll(
        (images) => images.filter((image) => (image as unknown as { naturalWidth: number }).naturalWidth > 0).length,
      );
  await expect.poll(loaded, { timeout: PATIENCE_MS }).toBe(count);
}
