/**
 * Holds Armature's datasets against LeRobot itself, and LeRobot's against Armature:
 *
 *   npm run check:lerobot -- --python ~/lerobot/bin/python [--dataset data/desk ...] [--json]
 *
 * The Python needs `pip install "lerobot[dataset]"` (Python 3.12). Without --dataset, datasets of every kind are written
 * first: samples, demonstrations, a recording, merged and converted ones. For each: LeRobot reads every item, with its
 * neighbours in time, and says the same as Armature's reader; LeRobot adds an episode to a copy; Armature verifies the copy
 * and adds one more; LeRobot reads the result.
 */
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { loaderArguments } from '../src/core/module-worker.ts';
import { DatasetReader } from '../src/record/dataset-reader.ts';
import { DatasetWriter } from '../src/record/dataset-writer.ts';
import type { EpisodeFrames } from '../src/record/episode-input.ts';
import { DEFAULT_FEATURES, isPicture } from '../src/record/format.ts';
import { verifyDataset } from '../src/record/verify/verify-dataset.ts';
import { readingOf } from './dataset-reading.ts';
import { writeSampleDatasets } from './write-sample-datasets.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const FIXTURES = ['ref_v3_by_lerobot_0.6.2', 'ref_v3_image_dtype'] as const;

const { values } = parseArgs({
  options: {
    python: { type: 'string', default: 'python3' },
    dataset: { type: 'string', multiple: true, default: [] },
    json: { type: 'boolean', default: false },
  },
});
const parent = mkdtempSync(join(tmpdir(), 'armature-lerobot-'));
const results: { dataset: string; items: number; problems: readonly string[] }[] = [];
let version = '';
try {
  const datasets = values.dataset.length > 0 ? values.dataset : await writeAll();
  for (const [number, directory] of datasets.entries()) results.push(await check(directory, `copy-${number}`));
} finally {
  rmSync(parent, { recursive: true });
}
const failed = results.filter(({ problems }) => problems.length > 0);
if (values.json) console.log(JSON.stringify({ lerobot: version, datasets: results }));
else {
  for (const { dataset, items, problems } of results)
    console.log([`${dataset}: ${items} items, ${problems.length} problems`, ...problems].join('\n  '));
  console.log(`LeRobot ${version}: ${results.length - failed.length} of ${results.length} datasets agree`);
}
if (failed.length > 0) process.exitCode = 1;

/** Datasets of every kind that Armature writes, and those that LeRobot wrote. */
async function writeAll(): Promise<string[]> {
  const samples = await writeSampleDatasets(join(parent, 'samples'));
  const simulated = ['--robot', 'so101', '--task', 'reach', '--episodes', '2'];
  await armature('demos', ...simulated, '--out', join(parent, 'demos'));
  await armature('record', ...simulated, '--teleop', 'expert', '--out', join(parent, 'recording'));
  for (const name of FIXTURES) cpSync(join(ROOT, 'tests/fixtures', name), join(parent, name), { recursive: true });
  return [...samples.map((name) => join('samples', name)), 'demos', 'recording', ...FIXTURES].map((name) =>
    join(parent, name),
  );
}

async function check(directory: string, copyName: string): Promise<(typeof results)[number]> {
  const copy = join(parent, copyName);
  const first = await askLerobot(directory, ['--resume', copy]);
  const problems = [...first.problems, ...(await ownProblems(copy))];
  let { items } = first;
  if (problems.length === 0) {
    await addEpisode(copy);
    const second = await askLerobot(copy, []);
    problems.push(...(await ownProblems(copy)), ...second.problems);
    items += second.items;
  }
  return { dataset: directory.replace(`${parent}/`, ''), items, problems };
}

async function askLerobot(directory: string, words: readonly string[]): Promise<{ items: number; problems: string[] }> {
  const reading = join(parent, 'reading.json');
  writeFileSync(reading, JSON.stringify(await readingOf(directory)));
  const script = join(ROOT, 'training/check_lerobot.py');
  const { status, stdout, stderr } = await run(values.python, [script, directory, '--reading', reading, ...words]);
  const lines = stdout.trimEnd().split('\n');
  const summary = lines.at(-1)?.startsWith('{') === true ? lines.pop() : undefined;
  if (summary === undefined) return { items: 0, problems: [...lines.filter(Boolean), stderr.trimEnd().slice(-1000)] };
  const { lerobot, items } = JSON.parse(summary) as { lerobot: string; items: number };
  version = lerobot;
  return { items, problems: status === 0 ? [] : lines };
}

async function ownProblems(directory: string): Promise<string[]> {
  const { problems } = await verifyDataset(directory);
  return problems
    .filter(({ severity }) => severity === 'error')
    .map(({ file, problem, expected, found }) => `${file}: ${problem}; expected ${expected}, found ${found}`);
}

/** Adds the first episode once more. */
async function addEpisode(directory: string): Promise<void> {
  const reader = await DatasetReader.open(directory);
  const { columns, tasks } = await reader.readEpisode(0);
  const frames: Record<string, EpisodeFrames[string]> = {};
  for (const [name, { dtype }] of Object.entries(reader.info.features)) {
    if (name in DEFAULT_FEATURES) continue;
    frames[name] = isPicture(dtype) ? await reader.readPictures(0, name) : (columns[name] ?? []);
  }
  const writer = await DatasetWriter.resume(directory);
  await writer.saveEpisode({ task: tasks, frames });
  await writer.close();
}

async function armature(...words: string[]): Promise<void> {
  const cli = join(ROOT, 'src/cli/main.ts');
  const { status, stderr } = await run(process.execPath, [...loaderArguments({ isTypeScript: true }), cli, ...words]);
  if (status !== 0) throw new Error(`armature ${words.join(' ')} ended with ${status}: ${stderr}`);
}

function run(
  command: string,
  words: readonly string[],
): Promise<{ status: number | null; stdout: string; stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, words, { cwd: ROOT });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (bytes: Buffer) => (stdout += bytes.toString()));
    child.stderr.on('data', (bytes: Buffer) => (stderr += bytes.toString()));
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, stdout, stderr }));
  });
}
