import type { Command } from 'commander';
import { ArmatureError } from '../core/errors.ts';
import { DatasetReader } from '../record/dataset-reader.ts';
import type { CopySummary } from '../record/edit/copy-episodes.ts';
import { chooseShare, deleteEpisodes, mergeDatasets, splitDataset } from '../record/edit/edit-datasets.ts';
import { countOf } from './count-of.ts';
import { showProgress } from './dataset-progress.ts';
import { indexList, nameList, numberBetween, wholeNumber } from './option-values.ts';

const COPYING = `
The datasets given stay as they are. Values are copied to the bit and videos without encoding them again, unless an
episode does not begin with a key frame in its file. A dataset stands at its place only when it is complete.`;

interface EditFlags {
  readonly without?: readonly string[];
  readonly json?: boolean;
}

export function addMerge(dataset: Command): void {
  dataset
    .command('merge')
    .description('Join datasets of one robot, frame rate and set of features into a new one')
    .argument('<output>', 'folder of the new dataset')
    .argument('<folders...>', 'datasets to join, in this order')
    .option('--without <features>', 'features to leave out, separated by commas', nameList)
    .option('--json', 'print one JSON object')
    .addHelpText('after', `\nExamples:\n  armature dataset merge data/all data/monday data/tuesday\n${COPYING}`)
    .action(async (output: string, folders: readonly string[], { without = [], json }: EditFlags) => {
      const summary = await mergeDatasets(output, folders, { without, onEpisode: showProgress('merging') });
      print(json, [{ directory: output, ...summary }]);
    });
}

interface SplitFlags extends EditFlags {
  readonly share?: number;
  readonly seed?: number;
  readonly episodes?: readonly number[];
}

export function addSplit(dataset: Command): void {
  dataset
    .command('split')
    .description('Divide a dataset into two new ones')
    .argument('<folder>', 'dataset to divide')
    .argument('<first>', 'folder of the dataset with the share or the episodes named')
    .argument('<second>', 'folder of the dataset with all others')
    .option('--share <share>', 'share of the episodes, from the first on', numberBetween(0, 1))
    .option('--seed <number>', 'draw the share at random', wholeNumber(0))
    .option('--episodes <indices>', 'episodes, for example 0-9,12', indexList)
    .option('--without <features>', 'features to leave out, separated by commas', nameList)
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      `
Examples:
  armature dataset split data/desk data/train data/held-out --share 0.8 --seed 1
  armature dataset split data/desk data/first data/rest --episodes 0-9,12
${COPYING}`,
    )
    .action(split);
}

async function split(folder: string, first: string, second: string, flags: SplitFlags): Promise<void> {
  const { share, seed, episodes, without = [], json } = flags;
  if ((share === undefined) === (episodes === undefined)) {
    throw new ArmatureError('E_OPTION', 'it is not said which episodes to take', {
      expected: 'either --share or --episodes',
      remedy: 'Give one of them.',
    });
  }
  const { length } = (await DatasetReader.open(folder)).episodes;
  const chosen = episodes ?? chooseShare(length, share ?? 0, seed);
  const options = { without, onEpisode: showProgress('copying') };
  const [one, other] = await splitDataset(folder, [first, second], chosen, options);
  print(json, [
    { directory: first, ...one },
    { directory: second, ...other },
  ]);
}

interface DeleteFlags extends EditFlags {
  readonly episodes: readonly number[];
  readonly out?: string;
  readonly inPlace?: boolean;
}

export function addDeleteEpisodes(dataset: Command): void {
  dataset
    .command('delete-episodes')
    .description('Copy a dataset without some of its episodes, or replace it by the copy')
    .argument('<folder>', 'folder of the dataset')
    .requiredOption('--episodes <indices>', 'episodes to leave out, for example 3,7 or 10-12', indexList)
    .option('--out <folder>', 'where the new dataset goes')
    .option('--in-place', 'put the new dataset in the place of the old one when it stands; the old one is removed then')
    .option('--without <features>', 'features to leave out, separated by commas', nameList)
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      `
Examples:
  armature dataset delete-episodes data/desk --episodes 3,7 --out data/desk-clean
  armature dataset delete-episodes data/desk --episodes 3,7 --in-place

The episodes behind a deleted one get new indices.`,
    )
    .action(deleteSome);
}

async function deleteSome(folder: string, flags: DeleteFlags): Promise<void> {
  const { episodes, out, inPlace, without = [], json } = flags;
  if ((out === undefined) !== (inPlace === true)) {
    throw new ArmatureError('E_OPTION', 'it is not said where the new dataset goes', {
      expected: 'either --out or --in-place',
      remedy: 'Give one of them; --in-place removes the old dataset when the new one stands.',
    });
  }
  const summary = await deleteEpisodes(folder, episodes, out, { without, onEpisode: showProgress('copying') });
  print(json, [{ directory: out ?? folder, ...summary }]);
}

/** What was written, for a person or as one JSON object. */
export function print(
  json: boolean | undefined,
  datasets: readonly (CopySummary & { readonly directory: string })[],
): void {
  if (json === true) console.log(JSON.stringify({ datasets }));
  else for (const dataset of datasets) console.log(describeCopy(dataset));
}

function describeCopy(summary: CopySummary & { readonly directory: string }): string {
  const { directory, episodes, frames, videosCopied, videosEncoded } = summary;
  const copied = videosCopied > 0 ? `, ${countOf(videosCopied, 'video')} copied` : '';
  const encoded = videosEncoded > 0 ? `, ${countOf(videosEncoded, 'video')} encoded` : '';
  return `${directory}: ${countOf(episodes, 'episode')}, ${countOf(frames, 'frame')}${copied}${encoded}`;
}
