import { Option } from 'commander';
import type { Command } from 'commander';
import { convertDataset } from '../record/edit/edit-datasets.ts';
import { showProgress } from './dataset-progress.ts';
import { print } from './dataset-edit.ts';
import { nameList } from './option-values.ts';

const EXAMPLES = `
Examples:
  armature dataset convert data/old data/new                 LeRobot's v2.0 and v2.1 to v3.0
  armature dataset convert data/desk data/small --video av1  pictures as AV1, a fraction of the size
  armature dataset convert data/desk data/png --video none   videos as single pictures, for readers without video

Videos that have the codec asked for already are copied without encoding them again. The statistics are computed anew
where the dataset lacks them.`;

interface ConvertFlags {
  readonly video?: 'h264' | 'av1' | 'none';
  readonly without?: readonly string[];
  readonly json?: boolean;
}

export function addConvert(dataset: Command): void {
  dataset
    .command('convert')
    .description('Write a dataset anew as LeRobotDataset v3.0, with its pictures stored as asked for')
    .argument('<folder>', 'dataset of format v3.0, v2.1 or v2.0')
    .argument('<output>', 'folder of the new dataset')
    .addOption(
      new Option('--video <codec>', 'codec of the videos, or none for PNG; default: as they are').choices([
        'h264',
        'av1',
        'none',
      ]),
    )
    .option('--without <features>', 'features to leave out, separated by commas', nameList)
    .option('--json', 'print one JSON object')
    .addHelpText('after', EXAMPLES)
    .action(async (folder: string, output: string, { video, without = [], json }: ConvertFlags) => {
      const pictures = video === 'none' ? 'image' : (video ?? 'keep');
      const summary = await convertDataset(folder, output, {
        pictures,
        without,
        onEpisode: showProgress('converting'),
      });
      print(json, [{ directory: output, ...summary }]);
    });
}
