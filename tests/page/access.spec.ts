import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeInBrowser } from './describe-in-browser.ts';
import { startFedRun } from './fed-run.ts';
import type { FedRun } from './fed-run.ts';
import { openBrowser } from './with-browser.ts';

/** A name that some name server leads to this computer, as an attacker's does who wants to be taken for it. */
const FOREIGN_HOST = 'dashboard.example';

describeInBrowser('who is let in by the dashboard, in a browser', () => {
  let run: FedRun;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    run = await startFedRun();
    browser = await openBrowser([`--host-resolver-rules=MAP ${FOREIGN_HOST} 127.0.0.1`]);
    page = await browser.newPage();
  });

  afterAll(async () => {
    await browser?.close();
    await run?.end();
  });

  it('nobody with a wrong token, or none', async () => {
    const { origin } = new URL(run.url);
    for (const url of [run.url.replace(/token=.*/, 'token=wrong'), `${origin}/`]) {
      const refused = await page.goto(url);
      expect(refused?.status()).toBe(403);
      expect(await page.textContent('body')).toContain('wrong token');
    }
  });

  it('nobody under the name of another host, not even with the right token', async () => {
    const refused = await page.goto(run.url.replace('127.0.0.1', FOREIGN_HOST));
    expect(refused?.status()).toBe(403);
    expect(await page.textContent('body')).toBe('unknown host');
  });

  it('no page of another origin, not even with the right token', async () => {
    const foreign = createServer((_, response) => response.end('another page'));
    await new Promise<void>((resolve) => void foreign.listen(0, '127.0.0.1', resolve));
    const live = run.url.replace(/^http/, 'ws').replace('/?', '/live?');
    try {
      await page.goto(`http://127.0.0.1:${(foreign.address() as AddressInfo).port}/`);
      expect(await page.evaluate(openingOf(live))).toBe('refused');
      expect(await page.evaluate(readingOf(run.url))).toBe('refused');
    } finally {
      foreign.close();
    }
    // The same from its own page.
    await page.goto(run.url);
    expect(await page.evaluate(openingOf(live))).toBe('open');
    expect(await page.evaluate(readingOf(run.url))).toBe('read');
  });
});

/** Runs in a page: whether it may open a WebSocket. */
function openingOf(url: string): string {
  return `new Promise((resolve) => {
    const socket = new WebSocket(${JSON.stringify(url)});
    socket.onopen = () => (socket.close(), resolve('open'));
    socket.onerror = () => resolve('refused');
  })`;
}

/** Runs in a page: whether it may read a file. */
function readingOf(url: string): string {
  return `fetch(${JSON.stringify(url)}).then((answer) => answer.text()).then(() => 'read', () => 'refused')`;
}
