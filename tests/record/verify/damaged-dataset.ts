import { createHash } from 'node:crypto';
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { openParquet, readRows } from '../../../src/record/dataset-metadata.ts';
import { DatasetWriter } from '../../../src/record/dataset-writer.ts';
import type { Features } from '../../../src/record/format.ts';
import type { DatasetProblem } from '../../../src/record/verify/problem.ts';
import { rewriteParquet } from '../../../src/record/verify/rewrite-parquet.ts';
import { verifyDataset } from '../../../src/record/verify/verify-dataset.ts';
import type { VerifyOptions } from '../../../src/record/verify/verify-dataset.ts';
import { fixture, SAMPLE_FEATURES, sampleEpisode } from '../sample-dataset.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

export const DATA = 'data/chunk-000/file-000.parquet';
export const EPISODES = 'meta/episodes/chunk-000/file-000.parquet';
export const INFO = 'meta/info.json';
export const STATISTICS = 'meta/stats.json';
export const TASKS = 'meta/tasks.parquet';

type Row = Record<string, unknown>;

const templates = new Map<string, Promise<string>>();
const templateFolder = temporaryFolder();

/** A copy of a dataset that is written once: writing waits for the disk at every file. */
async function copyOf(name: string, write: (directory: string) => Promise<string>): Promise<string> {
  const template = templates.get(name) ?? write(join(templateFolder, name));
  templates.set(name, template);
  const directory = temporaryFolder();
  cpSync(await template, directory, { recursive: true });
  return directory;
}

/** A dataset of ours with pictures as images: episodes of 4, 3 and 5 frames, the last with another task. */
export function imageDataset(): Promise<string> {
  return copyOf('images', writeImages);
}

async function writeImages(directory: string): Promise<string> {
  const writer = await DatasetWriter.create({ directory, fps: 10, robotType: 'arm', features: SAMPLE_FEATURES });
  for (const [seed, frames] of [4, 3, 5].entries())
    await writer.saveEpisode(sampleEpisode(seed, frames, seed === 2 ? 'push the cube' : 'reach the cube'));
  await writer.close();
  return directory;
}

export const VIDEO_FEATURES = {
  action: { dtype: 'float32', shape: [2], info: { unit: 'rad' } },
  'observation.images.front': { dtype: 'video', shape: [32, 48, 3] },
} as const satisfies Features;

export const FRONT = 'observation.images.front';

/** Pictures that tell their episode and frame. */
export function videoFrames(episode: number, frames: number): Uint8Array[] {
  return Array.from({ length: frames }, (_, frame) => new Uint8Array(32 * 48 * 3).fill(40 * episode + 10 * frame + 10));
}

/** A dataset of ours with a video: episodes of 4, 3 and 5 frames. */
export function videoDataset(): Promise<string> {
  return copyOf('videos', writeVideos);
}

async function writeVideos(directory: string): Promise<string> {
  const writer = await DatasetWriter.create({ directory, fps: 10, robotType: 'arm', features: VIDEO_FEATURES });
  for (const [episode, frames] of [4, 3, 5].entries()) await saveVideoEpisode(writer, episode, frames);
  await writer.close();
  return directory;
}

export async function saveVideoEpisode(writer: DatasetWriter, episode: number, frames: number): Promise<void> {
  const action = Array.from({ length: frames }, (_, frame) => [episode, frame]);
  await writer.saveEpisode({ task: 'wave', frames: { action, [FRONT]: videoFrames(episode, frames) } });
}

/** A copy of the dataset that LeRobot wrote: 3 episodes of 12, 9 and 15 frames, all in one file of each kind. */
export function lerobotDataset(): string {
  const directory = temporaryFolder();
  cpSync(fixture('ref_v3_by_lerobot_0.6.2'), directory, { recursive: true });
  return directory;
}

/** Writes a Parquet file with changed rows. */
export async function changeRows(directory: string, file: string, change: (rows: Row[]) => Row[]): Promise<void> {
  const path = join(directory, file);
  const parquet = await openParquet(path);
  writeFileSync(path, rewriteParquet(parquet, change(await readRows(parquet))));
}

/** Writes a Parquet file with one cell changed. */
export async function changeCell(directory: string, file: string, row: number, cell: Row): Promise<void> {
  await changeRows(directory, file, (rows) => rows.map((old, index) => (index === row ? { ...old, ...cell } : old)));
}

export function changeJson(directory: string, file: string, change: (document: Row) => Row): void {
  const path = join(directory, file);
  writeFileSync(path, JSON.stringify(change(JSON.parse(readFileSync(path, 'utf8')) as Row)));
}

export function removeKey(directory: string, file: string, key: string): void {
  changeJson(directory, file, (document) =>
    Object.fromEntries(Object.entries(document).filter(([name]) => name !== key)),
  );
}

export async function problemsOf(directory: string, options?: VerifyOptions): Promise<readonly DatasetProblem[]> {
  return (await verifyDataset(directory, options)).problems;
}

/** What a problem says, in one line, without its remedy. */
export function inShort({ severity, file, episode, problem }: DatasetProblem): string {
  return `${severity}: ${file}${episode === undefined ? '' : ` (${episode})`}: ${problem}`;
}

/** Every file with its content, to see that nothing was touched. */
export function contentsOf(directory: string): Record<string, string> {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    files.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [relative(directory, path), createHash('sha256').update(readFileSync(path)).digest('hex')];
    }),
  );
}
