import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { loaderArguments } from '../src/core/module-worker.ts';
import { Rng } from '../src/core/rng.ts';
import { DatasetReader } from '../src/record/dataset-reader.ts';
import { readOptions } from './options.ts';

const { values } = readOptions({
  purpose:
    'Kills `armature record` at random moments and looks whether what it had reported as saved is there, bit for bit.',
  options: {
    kills: { type: 'string', default: '50', value: 'count', words: 'how many' },
    seed: { type: 'string', default: '1', value: 'number', words: 'the moments are drawn from it' },
    within: { type: 'string', default: '8', value: 's', words: 'longest time from the first tick to the kill' },
    task: { type: 'string', default: 'reach', value: 'name', words: 'name of the task' },
    json: { type: 'boolean', default: false, words: 'print one JSON object' },
  },
});
const kills = Number(values.kills);
const rng = new Rng(Number(values.seed));
const directory = mkdtempSync(join(tmpdir(), 'armature-kill-'));
const CLI = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url));
/** Longest start of a recording, ms. */
const PATIENCE_MS = 120_000;

/** What was reported as saved, by episode: its length, and what it looked like on disk then. */
const reported = new Map<number, { readonly rows: number; readonly digest: string }>();
let intact = 0;
const problems: string[] = [];
try {
  for (let kill = 0; kill < kills; kill += 1) {
    while (!(await isKilledWhileRecording()));
    await armature('dataset', 'verify', directory, '--repair', '--json');
    intact = await countIntact();
    if (!values.json) console.error(`kill ${kill + 1} of ${kills}: ${intact} of ${reported.size} episodes intact`);
  }
} finally {
  rmSync(directory, { recursive: true });
}
const result = { kills, episodesReportedSaved: reported.size, episodesIntact: intact };
if (values.json) console.log(JSON.stringify(result));
else
  console.log(
    `${kills} kills: ${intact} of ${reported.size} episodes that were reported as saved are intact, bit for bit`,
  );
for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exitCode = 1;

function command(...words: readonly string[]): string[] {
  return [...loaderArguments({ isTypeScript: true }), CLI, ...words];
}

/**
 * Records until a random moment, often in the middle of saving an episode. False: the recording ended by itself, as it does when
 * the gate has stopped the arm because the machine is busy.
 */
async function isKilledWhileRecording(): Promise<boolean> {
  const words = [
    'record',
    '--robot',
    'so101',
    '--teleop',
    'expert',
    '--task',
    values.task,
    '--episodes',
    '1000',
    '--resume',
  ];
  const child = spawn(process.execPath, command(...words, '--out', directory), { stdio: ['ignore', 'ignore', 'pipe'] });
  const digests: Promise<void>[] = [];
  const begun = new AbortController();
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const said: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => {
    said.push(line);
    if (line.startsWith('recording episode')) begun.abort();
    const [, episode, rows] = /^saved episode (\d+): (\d+) rows/.exec(line) ?? [];
    if (episode !== undefined) digests.push(remember(Number(episode), Number(rows)));
  });
  await Promise.race([ended, sleep(PATIENCE_MS, undefined, { signal: begun.signal }).catch(() => undefined)]);
  await Promise.race([ended, sleep(1000 * rng.uniform(0, Number(values.within)))]);
  if (child.exitCode !== null) {
    console.error(`the recording ended by itself: ${said.slice(-3).join('; ')}`);
    await Promise.all(digests);
    return false;
  }
  child.kill('SIGKILL');
  await ended;
  await Promise.all(digests);
  return true;
}

async function remember(episode: number, rows: number): Promise<void> {
  reported.set(episode, { rows, digest: await digestOf(await DatasetReader.open(directory), episode) });
}

/** Every number, picture and byte of video of an episode. */
async function digestOf(reader: DatasetReader, episode: number): Promise<string> {
  const hash = createHash('sha256');
  const { columns, images, tasks } = await reader.readEpisode(episode);
  hash.update(JSON.stringify(tasks));
  for (const [name, column] of Object.entries(columns)) hash.update(name).update(String(column));
  for (const [name, pictures] of Object.entries(images)) {
    hash.update(name);
    for (const bytes of pictures) hash.update(bytes);
  }
  for (const [name, { dtype }] of Object.entries(reader.info.features)) {
    if (dtype === 'video') hash.update(name).update(await readFile(reader.videoOf(episode, name).path));
  }
  return hash.digest('hex');
}

async function countIntact(): Promise<number> {
  const reader = await DatasetReader.open(directory);
  let count = 0;
  for (const [episode, { rows, digest }] of reported) {
    const length = reader.episodes[episode]?.length;
    const isSame = length === rows && (await digestOf(reader, episode)) === digest;
    if (isSame) count += 1;
    else problems.push(`episode ${episode}: ${rows} rows were reported, ${length ?? 'none'} are there, or they differ`);
  }
  return count;
}

async function armature(...words: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, command(...words), { stdio: ['ignore', 'ignore', 'inherit'] });
  const status = await new Promise<number | null>((resolve) => child.once('exit', resolve));
  if (status !== 0) problems.push(`armature ${words.join(' ')} ended with status ${status}`);
}
