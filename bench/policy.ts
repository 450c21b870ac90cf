import { loadPolicy } from '../src/policy/load-policy.ts';
import { quantile } from '../src/runtime/statistics.ts';
import { encodeObservation } from '../src/tokens/token-frame.ts';
import { configurations } from './policy/configurations.ts';
import type { Configuration } from './policy/configurations.ts';
import { engineProcess, fastestSettings, nodeProcess } from './policy/engine-settings.ts';
import { exampleObservation } from './policy/example.ts';
import { startMeasured } from './policy/measured-process.ts';
import type { MeasuredProcess } from './policy/measured-process.ts';
import { measureSweeps, writePlot } from './policy/plot.ts';
import { leastTickMs, measureMachine } from './policy/roofline.ts';
import type { MachineRates } from './policy/roofline.ts';
import { Workshop } from './policy/workshop.ts';
import { readOptions } from './options.ts';

const { values } = readOptions({
  purpose: `Time of one control tick of the policy engine, from observation to joint targets.

Beside it the plain export of the same weights in the same runtime, PyTorch with a key-value cache, and the least time the machine
allows. docs/policy-engine.md says what the figures mean. The measured processes take turns, so that a busy machine slows all of
them alike.`,
  options: {
    configs: {
      type: 'string',
      default: configurations.map(({ name }) => name).join(','),
      value: 'names',
      words: 'policies to measure, separated by commas',
    },
    rounds: { type: 'string', default: '6', value: 'count', words: 'turns of each process' },
    ticks: { type: 'string', default: '15', value: 'count', words: 'measured in each turn' },
    threads: {
      type: 'string',
      value: 'count',
      words: 'of all subjects; default: as many as make the engine fastest, which is tried for each policy',
    },
    python: { type: 'string', default: 'python3', value: 'command', words: 'one that has PyTorch' },
    attention: {
      type: 'boolean',
      default: false,
      words: 'let the engine tell what it attends to, as for the dashboard',
    },
    keep: {
      type: 'boolean',
      default: false,
      words:
        'use the graphs of an earlier run with --keep, and leave them, some 3 GB; without it they are made anew and removed',
    },
    plot: { type: 'string', value: 'file', words: 'draw cost against context and size into this SVG file instead' },
    json: { type: 'boolean', default: false, words: 'print one JSON object' },
  },
});
const workshop = new Workshop(values.python, values.keep);
// The event comes for errors as well; an interrupt ends the process without it.
process.on('exit', () => workshop.close());
process.once('SIGINT', () => process.exit(130));
const givenThreads = values.threads === undefined ? undefined : Number(values.threads);
/** The slower two are measured with fewer ticks. */
const fewTicks = Math.max(2, Math.ceil(Number(values.ticks) / 5));

interface Result {
  readonly name: string;
  readonly parameters: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly hz: number;
  readonly rssMb: number;
  readonly loadMs: number;
  readonly rooflineFraction: number;
  readonly plainExport: { readonly hz: number };
  readonly pytorch: { readonly hz: number };
}

/** Measured once for each number of threads. */
const machines = new Map<number, Promise<MachineRates>>();

async function machineWith(threads: number): Promise<MachineRates> {
  const known = machines.get(threads);
  if (known !== undefined) return known;
  const machine = measureMachine(workshop.probes(), threads);
  machines.set(threads, machine);
  console.error(await describe(await machine, threads));
  return machine;
}

async function measure(configuration: Configuration): Promise<Result> {
  const folder = workshop.policy(configuration);
  const policy = loadPolicy(folder);
  const settings = await fastestSettings(folder, givenThreads);
  const threads = String(settings.threads);
  console.error(`${configuration.name}: ${threads} thread(s) that ${settings.waiting}`);
  const machine = await machineWith(settings.threads);
  const frame = encodeObservation(policy.layout, exampleObservation(policy));
  const greeting = { textIds: [...frame.textIds], stateIds: [...frame.stateIds], patches: [...frame.patches] };
  const torchCommand = [...workshop.command('bench_reference.py'), '--policy', folder, '--threads', String(threads)];
  const measured = [
    await engineProcess(folder, { ...settings, attention: values.attention }),
    await nodeProcess('plain-process.ts', [folder, workshop.plain(folder, configuration.name), threads]),
    await startMeasured(torchCommand, greeting),
  ] as const;
  const [engine, , torch] = measured;
  const durationsMs = measured.map((): number[] => []);
  let rssMb = 0;
  for (let round = 0; round < Number(values.rounds); round += 1) {
    for (const [index, subject] of measured.entries()) {
      const { ms, rssMb: rss } = await subject.round(1 + (index === 0 ? Number(values.ticks) : fewTicks));
      if (index === 0) rssMb = rss ?? 0;
      // The first tick of a round finds the cache full of another process' weights.
      durationsMs[index]?.push(...ms.slice(1));
    }
  }
  await Promise.all(measured.map((subject) => subject.close()));
  const [p50Ms = 0, plainMs = 0, torchMs = 0] = durationsMs.map((durations) => quantile(durations, 0.5));
  return {
    name: configuration.name,
    parameters: torch.ready.parameters ?? 0,
    p50Ms,
    p99Ms: quantile(durationsMs[0] ?? [], 0.99),
    hz: 1000 / p50Ms,
    rssMb,
    loadMs: engine.ready.loadMs ?? 0,
    rooflineFraction: (await leastTickMs(policy, machine)) / p50Ms,
    plainExport: { hz: 1000 / plainMs },
    pytorch: { hz: 1000 / torchMs },
  };
}

function printTable(results: readonly Result[]): void {
  const rows = [
    [
      'config',
      'parameters',
      'p50 ms',
      'p99 ms',
      'Hz',
      'RSS MB',
      'load ms',
      'of roofline',
      'plain export Hz',
      'PyTorch Hz',
    ],
    ...results.map((result) => [
      result.name,
      `${(result.parameters / 1e6).toFixed(1)}M`,
      result.p50Ms.toFixed(1),
      result.p99Ms.toFixed(1),
      result.hz.toFixed(1),
      result.rssMb.toFixed(0),
      result.loadMs.toFixed(0),
      `${(100 * result.rooflineFraction).toFixed(0)} %`,
      result.plainExport.hz.toFixed(1),
      result.pytorch.hz.toFixed(1),
    ]),
  ];
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  for (const row of rows) console.log(row.map((cell, column) => cell.padStart(widths[column] ?? 0)).join('  '));
}

async function describe(machine: MachineRates, threads: number): Promise<string> {
  const gigabytes = async (bytes: number): Promise<string> => ((await machine.bytesPerSecond(bytes)) / 1e9).toFixed(1);
  return (
    `${threads} thread(s): ${await gigabytes(512e6)} GB/s over 512 MB, ${await gigabytes(8e6)} GB/s over 8 MB, ` +
    `${(machine.int8OperationsPerSecond / 1e12).toFixed(2)} TOP/s in int8, ` +
    `${(machine.fp32OperationsPerSecond / 1e9).toFixed(0)} GFLOP/s in fp32`
  );
}

if (values.plot === undefined) {
  const wanted = values.configs.split(',');
  const results: Result[] = [];
  for (const configuration of configurations.filter(({ name }) => wanted.includes(name))) {
    results.push(await measure(configuration));
  }
  if (values.json) console.log(JSON.stringify({ configs: results }));
  else printTable(results);
} else {
  const engineOf = (configuration: Configuration): Promise<MeasuredProcess> =>
    engineProcess(workshop.policy(configuration), { threads: givenThreads ?? 1, waiting: 'sleep' });
  writePlot(values.plot, await measureSweeps(workshop, engineOf, Number(values.ticks)));
  console.error(values.plot);
}
