import { setTimeout as delay } from 'node:timers/promises';
import { quantile } from '../src/runtime/statistics.ts';
import { startFedRun } from '../tests/page/fed-run.ts';
import { PageClient } from '../tests/page/page-client.ts';
import { readOptions } from './options.ts';
import { SlowLink } from './network/slow-link.ts';

const { values } = readOptions({
  purpose: `What a page gets over a slow network: a live run with two cameras of 640 x 480 at 30 Hz, 55 MB/s, seen through a link that carries less.

Beside it another page reads on this computer: how old what is told over the link is, is told by what that one knows already.`,
  options: {
    rates: {
      type: 'string',
      default: '200,50,20,10',
      value: 'Mbit/s',
      words: 'what the link carries, one after another',
    },
    seconds: { type: 'string', default: '10', value: 's', words: 'how long each is watched, after as long to settle' },
    json: { type: 'boolean', default: false, words: 'print one JSON object' },
  },
});

interface Seen {
  readonly megabitPerS: number;
  readonly picturesPerS: number;
  /** Every so many pixels of a picture, mostly. */
  readonly stride: number;
  readonly framesPerS: number;
  /** How old the frames were, ms. */
  readonly ageMs: { readonly p50: number; readonly p99: number };
}

const seconds = Number(values.seconds);
const run = await startFedRun();
const here = await PageClient.open(run.url);
await here.until(({ frame }) => frame !== undefined);
const links: Seen[] = [];
for (const megabitPerS of String(values.rates).split(',').map(Number)) links.push(await watch(megabitPerS));
here.close();
await run.end();
if (values.json) console.log(JSON.stringify({ links }));
else {
  console.log('Mbit/s  pictures a second  every so many pixels  frames a second  their age, ms: median  p99');
  for (const { megabitPerS, picturesPerS, stride, framesPerS, ageMs } of links)
    console.log(
      `${String(megabitPerS).padEnd(8)}${picturesPerS.toFixed(1).padEnd(19)}${String(stride).padEnd(22)}${framesPerS.toFixed(1).padEnd(17)}${ageMs.p50.toFixed(0).padEnd(23)}${ageMs.p99.toFixed(0)}`,
    );
}

async function watch(megabitPerS: number): Promise<Seen> {
  const link = await SlowLink.open(Number(new URL(run.url).port), (megabitPerS * 1e6) / 8);
  const far = await PageClient.open(run.url, link.port);
  await delay(1000 * seconds);
  const before = { frames: far.frames, pictures: far.pictures.length };
  const agesMs: number[] = [];
  let told = far.frames;
  const noteAge = (): void => {
    if (far.frames === told) return;
    told = far.frames;
    agesMs.push(1000 * Math.max(0, (here.frame?.episode.timeS ?? 0) - (far.frame?.episode.timeS ?? 0)));
  };
  const untilMs = performance.now() + 1000 * seconds;
  const unwatch = far.watch(noteAge);
  while (performance.now() < untilMs) await delay(50);
  unwatch();
  const pictures = far.pictures.slice(before.pictures);
  far.close();
  await link.close();
  return {
    megabitPerS,
    picturesPerS: pictures.length / seconds,
    stride: quantile(
      pictures.map(({ stride }) => stride),
      0.5,
    ),
    framesPerS: (told - before.frames) / seconds,
    ageMs: { p50: quantile(agesMs, 0.5), p99: quantile(agesMs, 0.99) },
  };
}
