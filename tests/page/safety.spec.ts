import { readFileSync, readdirSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { jog, sentMarks, takeControl } from './control-page.ts';
import { describeInBrowser } from './describe-in-browser.ts';
import { openBrowser, openPage, shoot, untilState } from './with-browser.ts';
import type { WatchedPage } from './with-browser.ts';
import { startRun } from './with-run.ts';
import type { Run } from './with-run.ts';

/** The gate of an arm whose process did not run for so long has missed more ticks than it may, ms. */
const PAUSE_MS = 400;

describeInBrowser('the safety gate on the page', () => {
  let run: Run;
  let browser: Browser;
  let operator: WatchedPage;
  let onlooker: WatchedPage;

  beforeAll(async () => {
    run = await startRun(['teleop', '--robot', 'so101', '--teleop', 'page:mode=joint,speed=fast', '--task', 'lift']);
    browser = await openBrowser();
    operator = await openPage(browser, run.operatorUrl, { viewport: { width: 1440, height: 1500 } });
    onlooker = await openPage(browser, run.url, { viewport: { width: 1024, height: 1200 } });
    await untilState(operator.page, 'Following');
    await untilState(onlooker.page, 'Following');
  });

  afterAll(async () => {
    await browser?.close();
    await run?.end();
  });

  const showsSpeed = async (text: string): Promise<void> => {
    for (const { page } of [operator, onlooker])
      await page.getByTestId('speed-value').filter({ hasText: text }).waitFor();
  };

  it('is slowed down from every page, and let go faster by the operator alone', async () => {
    const slider = (page: Page): ReturnType<Page['getByRole']> => page.getByRole('slider', { name: 'Highest speed' });
    await showsSpeed('100 %');
    await slider(onlooker.page).focus();
    for (let press = 0; press < 5; press += 1) await onlooker.page.keyboard.press('ArrowLeft');
    await showsSpeed('50 %');
    await onlooker.page.keyboard.press('ArrowRight');
    await onlooker.page.getByTestId('speed-why').filter({ hasText: 'Only the operator' }).waitFor();
    expect(await slider(onlooker.page).inputValue()).toBe('50');
    await shoot(onlooker.page, 'speed');
    await showsSpeed('50 %');
    await slider(operator.page).focus();
    await operator.page.keyboard.press('ArrowRight');
    await showsSpeed('60 %');
    expect(await slider(operator.page).getAttribute('aria-valuetext')).toBe('60 % of the velocity limits');
    await operator.page.keyboard.press('Home');
    await showsSpeed('10 %');
    // However quickly somebody presses, each press counts: also one that comes just as the last one has come about.
    for (const pauseMs of [0, 20, 40, 60, 90, 130]) {
      await operator.page.keyboard.press('End');
      await showsSpeed('100 %');
      for (let press = 0; press < 5; press += 1) {
        await operator.page.keyboard.press('ArrowLeft');
        await setTimeout(pauseMs);
      }
      await showsSpeed('50 %');
    }
    await operator.page.keyboard.press('End');
    await showsSpeed('100 %');
  });

  it('stays stopped once it has latched, until the operator resets it and begins again', async () => {
    const { page } = operator;
    await takeControl(page);
    await pauseArm(run);
    await page.mouse.move(0, 0);
    for (const watched of [operator, onlooker]) await untilState(watched.page, 'Protective stop');
    await page.getByTestId('reset').waitFor();
    await shoot(page, 'latched');

    // Who looks on is told, and has nothing to press; whoever says it by himself is refused, and so is an episode.
    await onlooker.page.getByText('The operator resets it').waitFor();
    expect(await onlooker.page.getByTestId('reset').count()).toBe(0);
    const looking = new URL(run.url).searchParams.get('token') ?? '';
    for (const token of ['', 'wrong', looking]) {
      const answer = await onlooker.page.evaluate<string>(askingOf(run.url, { kind: 'reset', operator: token }));
      expect(answer).toContain('E_OPERATOR_TOKEN');
    }
    await page.getByTestId('session-begin').click();
    await page.getByTestId('notice').filter({ hasText: 'reset it first' }).waitFor();
    const stood = await sentMarks(page);
    await setTimeout(PAUSE_MS);
    expect(await sentMarks(page)).toBe(stood);
    await untilState(page, 'Protective stop');

    await page.getByTestId('reset').click();
    await page.getByTestId('notice').filter({ hasText: 'The stop is reset' }).waitFor();
    await page.getByTestId('reset').waitFor({ state: 'detached' });
    await page.getByTestId('session-begin').click();
    await untilState(page, 'Following');
    await jog(page, 'joint-up');
    await page.mouse.up();
  });

  it('has complained of nothing until here', () => {
    for (const { complaints } of [operator, onlooker]) expect(complaints).toEqual([]);
  });
});

/** Holds up the process of the arm for long enough for its gate to latch. */
async function pauseArm({ child }: Run): Promise<void> {
  const pid = childrenOf(child.pid).find((id) => readFileSync(`/proc/${id}/cmdline`, 'utf8').includes('arm-process'));
  if (pid === undefined) throw new Error('there is no arm process');
  process.kill(pid, 'SIGSTOP');
  await setTimeout(PAUSE_MS);
  process.kill(pid, 'SIGCONT');
}

function childrenOf(parent: number | undefined): number[] {
  const threads = readdirSync(`/proc/${parent}/task`);
  const children = threads.map((thread) => readFileSync(`/proc/${parent}/task/${thread}/children`, 'utf8'));
  return children.flatMap((ids) =>
    ids
      .split(' ')
      .filter((id) => id !== '')
      .map(Number),
  );
}

/** Runs in a page: the answer to a message. */
function askingOf(url: string, message: object): string {
  const live = url.replace(/^http/, 'ws').replace('/?', '/live?');
  return `new Promise((resolve, reject) => {
    const socket = new WebSocket(${JSON.stringify(live)});
    socket.onopen = () => socket.send(${JSON.stringify(JSON.stringify(message))});
    socket.onerror = () => reject(new Error('it was not let in'));
    socket.onmessage = ({ data }) => {
      if (typeof data !== 'string' || JSON.parse(data).kind !== 'notice') return;
      socket.close();
      resolve(JSON.parse(data).text);
    };
  })`;
}
