import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { loaderArguments, moduleEntry } from '../src/core/module-worker.ts';
import { GATE_FLAGS } from '../src/runtime/arm/process-arm.ts';
import type { ThreadPriority } from '../src/runtime/arm/thread-priority.ts';
import { quantile } from '../src/runtime/statistics.ts';
import type { Quantiles } from '../src/runtime/statistics.ts';
import { readOptions } from './options.ts';

interface Ticks {
  readonly ticks: number;
  readonly periodMs: number;
  readonly priority: ThreadPriority;
  readonly latenessMs: Quantiles;
  readonly workMs: Quantiles;
}

const { values } = readOptions({
  purpose: "How long garbage holds up the gate's thread.",
  options: {
    minutes: { type: 'string', default: '10', value: 'min', words: 'how long' },
    robot: { type: 'string', default: 'so101', value: 'name', words: 'robot, by name or folder' },
    json: { type: 'boolean', default: false, words: 'print one JSON object' },
  },
});

/** A line of --trace-gc: whose heap, MB before and after, ms. */
const COLLECTION = /^\[\d+:(\w+)\].*? ([\d.]+) \([\d.]+\) -> ([\d.]+) \([\d.]+\) MB.*?, ([\d.]+) \/ /;

interface Garbage {
  freedMb: number;
  readonly pausesMs: number[];
}

const entry = moduleEntry(import.meta.url, 'pauses/gate-ticks');
const seconds = String(60 * Number(values.minutes));
const words = [
  '--trace-gc',
  ...GATE_FLAGS,
  ...loaderArguments(entry),
  entry.path,
  '--robot',
  values.robot,
  '--seconds',
  seconds,
];
const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] });
/** By heap: each thread has its own, and only that of the gate stops the gate. */
const heaps = new Map<string, Garbage>();
let isCounting = false;
let ticks: Ticks | undefined;
for await (const line of createInterface({ input: child.stdout })) {
  if (line === 'BEGIN') isCounting = true;
  if (line.startsWith('RESULT ')) ticks = JSON.parse(line.slice('RESULT '.length)) as Ticks;
  const [, heap, before, after, ms] = COLLECTION.exec(line) ?? [];
  if (!isCounting || heap === undefined) continue;
  const garbage = heaps.get(heap) ?? { freedMb: 0, pausesMs: [] };
  heaps.set(heap, garbage);
  garbage.pausesMs.push(Number(ms));
  garbage.freedMb += Number(before) - Number(after);
}
if (ticks === undefined) throw new Error('the gate did not come to its last tick');
// The loader of TypeScript has a thread, too, and nearly nothing to collect.
const [{ freedMb, pausesMs } = { freedMb: 0, pausesMs: [] }] = [...heaps.values()].toSorted(
  (a, b) => b.freedMb - a.freedMb,
);
const report = {
  ...ticks,
  robot: values.robot,
  collections: pausesMs.length,
  pauseMs: { p50: quantile(pausesMs, 0.5), p99: quantile(pausesMs, 0.99), max: quantile(pausesMs, 1) },
  garbageBytesPerTick: Math.round((1e6 * freedMb) / ticks.ticks),
};
if (values.json) console.log(JSON.stringify(report));
else {
  const ms = ({ p50, p99, max }: Quantiles): string =>
    `p50 ${p50.toFixed(3)}  p99 ${p99.toFixed(3)}  most ${max.toFixed(3)} ms`;
  console.log(`${report.robot}: ${report.ticks} ticks of ${report.periodMs} ms, priority ${report.priority}`);
  console.log(`garbage   ${report.garbageBytesPerTick} bytes a tick, ${report.collections} collections`);
  console.log(`pauses    ${ms(report.pauseMs)}`);
  console.log(`a tick    ${ms(report.workMs)}`);
  console.log(`lateness  ${ms(report.latenessMs)}`);
}
