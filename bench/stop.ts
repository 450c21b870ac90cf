import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { quantile } from '../src/runtime/statistics.ts';
import { setup as buildPage } from '../tests/page/build-page.ts';
import { latenessText, startFedRun } from '../tests/page/fed-run.ts';
import type { Lateness } from '../tests/page/fed-run.ts';
import { measureStop, nextBlackBox, noteStops } from '../tests/page/measure-stop.ts';
import type { MeasuredStop } from '../tests/page/measure-stop.ts';
import { PageClient } from '../tests/page/page-client.ts';
import { readPageClock } from '../tests/page/page-clock.ts';
import { PATIENCE_MS, openBrowser, openPage, say, untilState } from '../tests/page/with-browser.ts';
import { simulatedRun, startRun } from '../tests/page/with-run.ts';
import { readOptions } from './options.ts';

const { values } = readOptions({
  purpose: `How long Stop takes, from the press in a real browser to the tick at which the arm process began to stop, by its own log; and
whether pages that do not read hold up the loop.

Needs Chromium (tests/page/install.sh). The shipped policy drives the simulated arm meanwhile. Ends with status 1 when a stop
took longer than 100 ms.`,
  options: {
    stops: { type: 'string', default: '20', value: 'count', words: 'how many' },
    rounds: {
      type: 'string',
      default: '3',
      value: 'count',
      words: 'of the pages that do not read: how often both halves are measured',
    },
    json: { type: 'boolean', default: false, words: 'print one JSON object' },
  },
});

/** A task that takes its time. */
const INSTRUCTION = 'stack the red cube on the blue cube';
/** What was promised, ms. */
const PROMISED_MS = 100;
/** The arm is stopped so long after it was seen to follow, ms: each time somewhere else on its way. */
const STEP_MS = 60;
const STALLED_PAGES = 5;
const HALF_MS = 5000;

await buildPage();
const stops = await measureStops(Number(values.stops));
const pages = await measureStalled(Number(values.rounds));
const latest = Math.max(...stops.map(({ pageMs, runtimeMs }) => pageMs + runtimeMs));
tell();
if (latest > PROMISED_MS) process.exitCode = 1;

async function measureStops(count: number): Promise<MeasuredStop[]> {
  const directory = mkdtempSync(join(tmpdir(), 'armature-stop-'));
  const run = await startRun([...simulatedRun('reach'), '--black-box', directory]);
  const browser = await openBrowser();
  const measured: MeasuredStop[] = [];
  try {
    const { page } = await openPage(browser, run.operatorUrl, { prepare: noteStops });
    const clock = await readPageClock(page);
    // The episode that the run begins by itself.
    await page.getByTestId('outcome').waitFor({ timeout: PATIENCE_MS });
    for (let index = 0; index < count; index += 1) {
      await page.getByRole('button', { name: 'Begin an episode' }).waitFor();
      await say(page, INSTRUCTION);
      // The headline is still that of the episode before.
      await page.getByRole('button', { name: 'Say at the next tick' }).waitFor();
      await untilState(page, 'Following');
      await delay(STEP_MS * index);
      measured.push(
        await measureStop({ page, clock, nextBlackBox: () => nextBlackBox(run) }, () =>
          page.getByTestId('stop').click(),
        ),
      );
      console.error(`stop ${index + 1} of ${count}`);
    }
  } finally {
    await browser.close();
    await run.end();
    rmSync(directory, { recursive: true });
  }
  return measured;
}

interface Halves {
  readonly alone: Lateness;
  readonly beside: Lateness;
}

/** A page that reads two cameras of 640 x 480 at 30 Hz, alone and beside pages that read nothing, in turns. */
async function measureStalled(rounds: number): Promise<Halves[]> {
  const run = await startFedRun();
  const reader = await PageClient.open(run.url);
  const halves: Halves[] = [];
  const half = async (): Promise<Lateness> => {
    run.lateness();
    await delay(HALF_MS);
    return run.lateness();
  };
  await reader.until(({ pictures }) => pictures.length > 10);
  for (let round = 0; round < rounds; round += 1) {
    const alone = await half();
    const stalled = await Promise.all(Array.from({ length: STALLED_PAGES }, () => PageClient.open(run.url)));
    for (const client of stalled) client.stall();
    // Until the buffers of the system are full, they read after all.
    await delay(1000);
    halves.push({ alone, beside: await half() });
    for (const client of stalled) client.close();
  }
  reader.close();
  await run.end();
  return halves;
}

interface Spread {
  readonly p50: number;
  readonly max: number;
}

function spread(numbers: readonly number[]): Spread {
  return { p50: quantile(numbers, 0.5), max: quantile(numbers, 1) };
}

/** One of the two halves over all rounds: what is typical of them, and all missing ticks. */
function summarise(half: keyof Halves): Lateness {
  const all = pages.map((halves) => halves[half]);
  const middle = (of: (lateness: Lateness) => number): number => quantile(all.map(of), 0.5);
  return {
    ticks: all.reduce((sum, { ticks }) => sum + ticks, 0),
    missing: all.reduce((sum, { missing }) => sum + missing, 0),
    gateMs: { p50: middle(({ gateMs }) => gateMs.p50), p99: middle(({ gateMs }) => gateMs.p99) },
    loopMs: { p50: middle(({ loopMs }) => loopMs.p50), p99: middle(({ loopMs }) => loopMs.p99) },
  };
}

function tell(): void {
  const report = {
    stops: stops.length,
    pressToStopMs: spread(stops.map(({ pageMs, runtimeMs }) => pageMs + runtimeMs)),
    inPageMs: spread(stops.map(({ pageMs }) => pageMs)),
    inRuntimeMs: spread(stops.map(({ runtimeMs }) => runtimeMs)),
    clocksToMs: spread(stops.map(({ uncertaintyMs }) => uncertaintyMs)).max,
    promisedMs: PROMISED_MS,
    stalledPages: STALLED_PAGES,
    alone: summarise('alone'),
    beside: summarise('beside'),
  };
  const ratio = {
    gateP99: report.beside.gateMs.p99 / report.alone.gateMs.p99,
    loopP50: report.beside.loopMs.p50 / report.alone.loopMs.p50,
  };
  if (values.json) {
    console.log(JSON.stringify({ ...report, ratio }));
    return;
  }
  const ms = ({ p50, max }: Spread): string => `p50 ${p50.toFixed(1)}  most ${max.toFixed(1)} ms`;
  console.log(
    `press to stop    ${ms(report.pressToStopMs)}, of ${stops.length} (clocks to ${report.clocksToMs.toFixed(1)} ms)`,
  );
  console.log(`  in the page    ${ms(report.inPageMs)}`);
  console.log(`  in the runtime ${ms(report.inRuntimeMs)}`);
  console.log(`one page reads   ${latenessText(report.alone)}`);
  console.log(`and ${STALLED_PAGES} do not     ${latenessText(report.beside)}; loop ${ratio.loopP50.toFixed(2)} x`);
}
