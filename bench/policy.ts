import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { loadPolicy } from '../src/policy/load-policy.ts';
import { quantile } from '../src/runtime/statistics.ts';
import { encodeObservation } from '../src/tokens/token-frame.ts';
import { configurations, prepare, preparePlain, prepareProbes, pythonScript } from './policy/configurations.ts';
import type { Configuration } from './policy/configurations.ts';
import { exampleObservation } from './policy/example.ts';
import { startMeasured } from './policy/measured-process.ts';
import type { MeasuredProcess } from './policy/measured-process.ts';
import { measureSweeps, writePlot } from './policy/plot.ts';
import { leastTickMs, measureMachine } from './policy/roofline.ts';
import type { MachineRates } from './policy/roofline.ts';

/**
 * Time of one control tick of the policy engine, from observation to joint targets; beside it the plain export of the same
 * weights in the same runtime, PyTorch with a key-value cache, and the least time the machine allows. docs/policy-engine.md
 * says what the figures mean. The measured processes take turns, so that a busy machine slows all of them alike.
 */
const { values } = parseArgs({
  options: {
    configs: { type: 'string', default: configurations.map(({ name }) => name).join(',') },
    rounds: { type: 'string', default: '6' },
    ticks: { type: 'string', default: '15' },
    threads: { type: 'string', default: String(availableParallelism()) },
    python: { type: 'string', default: 'python3' },
    /** The engine's threads sleep while they wait for each other, as is best on cores that something else uses too. */
    sleep: { type: 'boolean', default: false },
    /** Draws cost against context and size into this SVG file instead. */
    plot: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});
const { python } = values;
const threads = Number(values.threads);
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

function nodeProcess(script: string, words: readonly string[]): Promise<MeasuredProcess> {
  const path = fileURLToPath(new URL(`./policy/${script}`, import.meta.url));
  return startMeasured([process.execPath, '--import', 'tsx', path, ...words, String(threads)]);
}

function engineProcess(folder: string): Promise<MeasuredProcess> {
  return nodeProcess('engine-process.ts', [folder, values.sleep ? 'sleep' : 'spin']);
}

async function measure(configuration: Configuration, machine: MachineRates): Promise<Result> {
  const folder = prepare(python, configuration);
  const policy = loadPolicy(folder);
  const frame = encodeObservation(policy.layout, exampleObservation(policy));
  const greeting = { textIds: [...frame.textIds], stateIds: [...frame.stateIds], patches: [...frame.patches] };
  const torchCommand = [
    ...pythonScript(python, 'bench_reference.py'),
    '--policy',
    folder,
    '--threads',
    String(threads),
  ];
  const measured = [
    await engineProcess(folder),
    await nodeProcess('plain-process.ts', [folder, preparePlain(python, folder, configuration.name)]),
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

async function describe(machine: MachineRates): Promise<string> {
  const gigabytes = async (bytes: number): Promise<string> => ((await machine.bytesPerSecond(bytes)) / 1e9).toFixed(1);
  return (
    `${threads} thread(s): ${await gigabytes(512e6)} GB/s over 512 MB, ${await gigabytes(8e6)} GB/s over 8 MB, ` +
    `${(machine.int8OperationsPerSecond / 1e12).toFixed(2)} TOP/s in int8, ` +
    `${(machine.fp32OperationsPerSecond / 1e9).toFixed(0)} GFLOP/s in fp32`
  );
}

if (values.plot === undefined) {
  const wanted = values.configs.split(',');
  const machine = await measureMachine(prepareProbes(python), threads);
  console.error(await describe(machine));
  const results: Result[] = [];
  for (const configuration of configurations.filter(({ name }) => wanted.includes(name))) {
    console.error(`${configuration.name} …`);
    results.push(await measure(configuration, machine));
  }
  if (values.json) console.log(JSON.stringify({ configs: results }));
  else printTable(results);
} else {
  const engineOf = (configuration: Configuration): Promise<MeasuredProcess> =>
    engineProcess(prepare(python, configuration));
  writePlot(values.plot, await measureSweeps(engineOf, python, Number(values.ticks)));
  console.error(values.plot);
}
