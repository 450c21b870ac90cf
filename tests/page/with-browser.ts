import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Where the browser is; undefined for none. */
export const CHROMIUM: string | undefined = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
].find((path) => existsSync(path));
/** Screenshots go here, to be looked at. */
const SHOTS = join(ROOT, 'reports', 'dashboard');
/** Without a graphics card WebGL is computed; the page itself is not drawn through it, as in any browser on such a computer. */
const FLAGS = ['--no-sandbox', '--enable-unsafe-swiftshader'];
/** Chromium says of itself that it computes WebGL, and how slow reading it back is. */
const OF_THE_BROWSER = /GPU stall|GL Driver|swiftshader/i;

/** Of a slow computer with two cores that do other things, ms. */
export const PATIENCE_MS = 90_000;

/** A headless Chromium. `flags` are added to those that let it draw without a graphics card. */
export function openBrowser(flags: readonly string[] = []): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM ?? '', args: [...FLAGS, ...flags] });
}

/** A page that notes what it complains of: errors, warnings, what no script caught, and files it did not get. */
export interface WatchedPage {
  readonly page: Page;
  readonly complaints: readonly string[];
}

export interface PageOptions extends BrowserContextOptions {
  /** Called with the page before it is loaded. */
  readonly prepare?: (page: Page) => Promise<void>;
}

export async function openPage(browser: Browser, url: string, options: PageOptions = {}): Promise<WatchedPage> {
  const { prepare, ...context } = options;
  const page = await browser.newPage({ viewport: { width: 1440, height: 1400 }, ...context });
  page.setDefaultTimeout(PATIENCE_MS);
  const complaints: string[] = [];
  page.on('console', (message) => {
    const isComplaint = message.type() === 'error' || message.type() === 'warning';
    if (isComplaint && !OF_THE_BROWSER.test(message.text())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('requestfailed', (request) => complaints.push(`${request.url()}: ${request.failure()?.errorText ?? ''}`));
  await prepare?.(page);
  await page.goto(url);
  return { page, complaints };
}

/** The whole page as a picture, `reports/dashboard/NAME.png`. */
export async function shoot(page: Page, name: string): Promise<void> {
  mkdirSync(SHOTS, { recursive: true });
  await page.screenshot({ path: join(SHOTS, `${name}.png`), fullPage: true });
}

/** Waits until the headline says so, as in `Following`. */
export async function untilState(page: Page, state: string): Promise<void> {
  await page.getByTestId('gate-state').filter({ hasText: state }).waitFor();
}

/** Gives new words, as the operator: another instruction, or another episode where none goes on. */
export async function say(page: Page, words: string): Promise<void> {
  await page.getByLabel('New words').fill(words);
  await page.keyboard.press('Enter');
}

/** The picture of the arm as it is now. */
export async function armPixels(page: Page): Promise<string> {
  const bytes = await page.getByTestId('arm').screenshot();
  return bytes.toString('base64');
}
