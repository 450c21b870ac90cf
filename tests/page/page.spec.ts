import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import type { Browser, Page } from 'playwright-core';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) =>
  existsSync(path),
);
/** Screenshots go here, to be looked at. */
const SHOTS = join(ROOT, 'reports', 'dashboard');
/** Without a graphics card WebGL is computed. */
const FLAGS = ['--no-sandbox', '--use-angle=swiftshader', '--enable-unsafe-swiftshader', '--ignore-gpu-blocklist'];
const PATIENCE_MS = 180_000;

interface Run {
  readonly child: ChildProcess;
  readonly url: string;
  readonly operatorUrl: string;
}

/** The shipped policy on the simulated arm, with its dashboard. */
async function startRun(): Promise<Run> {
  const words = ['run', '--robot', 'so101', '--driver', 'sim', '--policy', 'desk', '--task', 'stack', '--seed', '3'];
  const options = ['--dashboard', '--no-report'];
  const child = spawn(process.execPath, ['--import', 'tsx', 'src/cli/main.ts', ...words, ...options], { cwd: ROOT });
  let said = '';
  const addresses = await new Promise<string[]>((resolve, reject) => {
    child.stderr.on('data', (bytes: Buffer) => {
      said += bytes.toString();
      const found = said.match(/http:\/\/\S+/g) ?? [];
      if (found.length >= 2 && said.includes('nothing else')) resolve(found);
    });
    child.on('exit', () => reject(new Error(said)));
  });
  const [operatorUrl = '', url = ''] = addresses;
  return { child, url, operatorUrl };
}

async function endRun({ child }: Run): Promise<void> {
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGINT');
  await ended;
}

/** The picture of the arm as it is now. */
function armPixels(page: Page): Promise<string> {
  return page
    .getByTestId('arm')
    .screenshot()
    .then((bytes) => bytes.toString('base64'));
}

async function untilState(page: Page, state: string): Promise<void> {
  await page.getByTestId('gate-state').filter({ hasText: state }).waitFor({ timeout: PATIENCE_MS });
}

async function say(page: Page, words: string): Promise<void> {
  await page.getByLabel('New words').fill(words);
  await page.keyboard.press('Enter');
}

describe.runIf(CHROMIUM !== undefined)('the page, in a browser', () => {
  let run: Run;
  let browser: Browser;
  let page: Page;
  const complaints: string[] = [];

  beforeAll(async () => {
    await build({ root: join(ROOT, 'web'), logLevel: 'silent' });
    mkdirSync(SHOTS, { recursive: true });
    run = await startRun();
    browser = await chromium.launch({ executablePath: CHROMIUM ?? '', args: FLAGS });
    page = await browser.newPage({ viewport: { width: 1440, height: 1400 } });
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(run.operatorUrl);
  }, PATIENCE_MS);

  afterAll(async () => {
    await browser?.close();
    if (run !== undefined) await endRun(run);
  }, PATIENCE_MS);

  it(
    'shows the arm as it moves, what the policy sees and its tokens, and complains of nothing',
    async () => {
      await page.getByTestId('tokens').waitFor({ timeout: PATIENCE_MS });
      await untilState(page, 'Following');
      const before = await armPixels(page);
      await page.waitForTimeout(1500);
      expect(await armPixels(page)).not.toBe(before);
      expect(await page.getByTestId('tokens').textContent()).toContain('shoulder_pan');
      expect(await page.getByTestId('instruction').textContent()).toMatch(/cube|block/);
      await page.screenshot({ path: join(SHOTS, 'live-light.png'), fullPage: true });
      await page.emulateMedia({ colorScheme: 'dark' });
      await page.screenshot({ path: join(SHOTS, 'live-dark.png'), fullPage: true });
      await page.emulateMedia({ colorScheme: 'light' });
      // Chromium says of itself that it computes WebGL, and how slow reading it back is.
      expect(complaints.filter((text) => !/GPU stall|GL Driver|swiftshader/i.test(text))).toEqual([]);
    },
    PATIENCE_MS,
  );

  it(
    'begins an episode for the operator, and takes other words while it goes on',
    async () => {
      await say(page, 'lift the red cube');
      await untilState(page, 'Following');
      await say(page, 'lift the blue cube');
      await page.getByTestId('instruction').filter({ hasText: 'blue' }).waitFor({ timeout: PATIENCE_MS });
      expect(await page.getByTestId('notice').textContent()).toContain('From the next tick on');
      const tokens = page.getByTestId('tokens');
      await expect.poll(() => tokens.textContent(), { timeout: PATIENCE_MS }).toContain('blue');
    },
    PATIENCE_MS,
  );

  it(
    'lets who may only look stop and slow down, and nothing else; a wrong token does not even look',
    async () => {
      const onlooker = await browser.newPage();
      await onlooker.goto(run.url);
      await onlooker.getByTestId('gate-state').waitFor();
      await onlooker.getByText('You look on').waitFor({ timeout: PATIENCE_MS });
      expect(await onlooker.getByLabel('New words').count()).toBe(0);
      const refused = await onlooker.goto(run.url.replace(/token=.*/, 'token=wrong'));
      expect(refused?.status()).toBe(403);
      await onlooker.close();
    },
    PATIENCE_MS,
  );
});
