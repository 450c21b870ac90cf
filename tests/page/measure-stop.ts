import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { NS_PER_MS } from '../../src/core/clock.ts';
import { parseBlackBox } from '../../src/record/black-box-format.ts';
import type { BlackBoxFile, BlackBoxTick } from '../../src/record/black-box-format.ts';
import type { PageClock } from './page-clock.ts';
import { PATIENCE_MS } from './with-browser.ts';
import type { Program } from './with-run.ts';

/** When a person stopped the arm, and when the arm process began to, by the ticks that its gate stamped. */
export interface MeasuredStop {
  readonly file: BlackBoxFile;
  /** The last tick that followed the policy, and the first that did not. */
  readonly lastFollowed: BlackBoxTick;
  readonly began: BlackBoxTick;
  /** From the press, as the browser stamped it, until the page sent the stop, ms. */
  readonly pageMs: number;
  /** From there until the tick that began to stop, ms. */
  readonly runtimeMs: number;
  /** By how much the moments of the page may be wrong, ms. */
  readonly uncertaintyMs: number;
}

/** Moments of a page, ms of its own clock. */
interface StopNotes {
  readonly pressedMs: number;
  readonly sentMs: number;
}

/** Runs in the page, before its own scripts. */
const NOTE_STOPS = `
  const stopNotes = (globalThis.stopNotes = { pressedMs: NaN, sentMs: NaN });
  for (const kind of ['pointerdown', 'keydown'])
    window.addEventListener(kind, ({ timeStamp }) => (stopNotes.pressedMs = timeStamp), { capture: true });
  const { send } = WebSocket.prototype;
  WebSocket.prototype.send = function (data) {
    if (String(data).includes('"stop"')) stopNotes.sentMs = performance.now();
    send.call(this, data);
  };
`;

/** Has a page note when a pointer or a key goes down, and when it sends a stop. Before the page is loaded. */
export async function noteStops(page: Page): Promise<void> {
  await page.addInitScript({ content: NOTE_STOPS });
}

const BLACK_BOX = /^black box (\S+)$/gm;

/** The file of the next black box of `armature run --black-box`, once it is written. */
export async function nextBlackBox(run: Program): Promise<string> {
  const written = (): string[] => [...run.said().matchAll(BLACK_BOX)].map(([, path = '']) => path);
  const before = written().length;
  await run.until(() => written().length > before);
  return written().at(-1) ?? '';
}

export interface StopPlace {
  readonly page: Page;
  readonly clock: PageClock;
  /** Asked before the press. */
  readonly nextBlackBox: () => Promise<string>;
}

/**
 * Has the arm stopped by `press`, waits until it stands, and reads what its black box says. Throws where the episode ended
 * in another way.
 */
export async function measureStop(place: StopPlace, press: () => Promise<void>): Promise<MeasuredStop> {
  const { page, clock } = place;
  const writing = place.nextBlackBox();
  await press();
  const path = await writing;
  const file = parseBlackBox(await readFile(path, 'utf8'), path);
  const notes = await page.evaluate<StopNotes>('stopNotes');
  const last = file.ticks.findLastIndex(({ state }) => state === 'active' || state === 'reduced');
  const [lastFollowed, began] = [file.ticks[last], file.ticks[last + 1]];
  if (file.header.cause !== 'aborted') throw new Error(`the episode ended before it was stopped: ${file.header.cause}`);
  if (lastFollowed === undefined || began === undefined)
    throw new Error(`${path} holds no stop of an arm that followed`);
  await page.getByTestId('outcome').waitFor({ timeout: PATIENCE_MS });
  return {
    file,
    lastFollowed,
    began,
    pageMs: notes.sentMs - notes.pressedMs,
    runtimeMs: (began.timeNs - clock.toNs(notes.sentMs)) / NS_PER_MS,
    uncertaintyMs: clock.uncertaintyNs / NS_PER_MS,
  };
}
