import type { Command } from 'commander';
import { mkdir, writeFile } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { UnknownNameError } from '../core/errors.ts';
import { DatasetReader } from '../record/dataset-reader.ts';
import { summariseDataset } from '../runtime/recording/dataset-summary.ts';
import type { DatasetSummary } from '../runtime/recording/dataset-summary.ts';
import { formatDatasetSummary } from './dataset-text.ts';
import { showProgress } from './dataset-progress.ts';
import { indexList } from './option-values.ts';
import { readShownEpisode, renderDataset } from './report/dataset-page.ts';
import type { ShownEpisode } from './report/dataset-page.ts';

const EXAMPLES = `
Examples:
  armature dataset info data/desk
  armature dataset info data/desk --html desk.html                 pictures, joint curves, timing
  armature dataset info data/desk --html desk.html --episodes 0,7  of these episodes`;

/** Episodes on a page unless told otherwise: with their pictures some megabytes. */
const SHOWN_EPISODES = 10;

interface InfoFlags {
  readonly html?: string;
  readonly episodes?: readonly number[];
  readonly json?: boolean;
}

export function addInfo(dataset: Command): void {
  dataset
    .command('info')
    .description('Say what a dataset holds and how its recording went; as a page with pictures and curves')
    .argument('<folder>', 'folder of the dataset')
    .option('--html <file>', 'write one page that holds all it shows')
    .option(
      '--episodes <indices>',
      'episodes on the page, for example 0-3,7; default: 10 of all, evenly spread',
      indexList,
    )
    .option('--json', 'print one JSON object')
    .addHelpText('after', EXAMPLES)
    .action(info);
}

async function info(folder: string, { html, episodes, json }: InfoFlags): Promise<void> {
  const reader = await DatasetReader.open(folder);
  const summary = await summariseDataset(reader, showProgress('reading'));
  if (html !== undefined) await writePage(html, reader, summary, episodes ?? spreadOver(reader.episodes.length));
  if (json === true) console.log(JSON.stringify({ ...summary, ...(html === undefined ? {} : { html }) }));
  else {
    console.log(formatDatasetSummary(summary));
    if (html !== undefined) console.log(`\n${html}`);
  }
}

async function writePage(
  path: string,
  reader: DatasetReader,
  summary: DatasetSummary,
  indices: readonly number[],
): Promise<void> {
  const last = reader.episodes.length - 1;
  const outside = indices.find((index) => index > last);
  if (outside !== undefined) throw new UnknownNameError('episode', String(outside), [`0 to ${last}`]);
  const progress = showProgress('drawing');
  const episodes: ShownEpisode[] = [];
  for (const index of indices) {
    episodes.push(await readShownEpisode(reader, index));
    progress(episodes.length, indices.length);
  }
  const lengthsS = reader.episodes.map(({ length }) => length / reader.info.fps);
  const page = renderDataset({ name: basename(resolve(reader.directory)), summary, lengthsS, episodes });
  await mkdir(dirname(resolve(path)), { recursive: true });
  await writeFile(path, page);
}

function spreadOver(episodes: number): number[] {
  const count = Math.min(SHOWN_EPISODES, episodes);
  return Array.from({ length: count }, (_, index) => Math.round((index * (episodes - 1)) / Math.max(1, count - 1)));
}
