import type { Command } from 'commander';
import { addConvert } from './dataset-convert.ts';
import { addDeleteEpisodes, addMerge, addSplit } from './dataset-edit.ts';
import { addInfo } from './dataset-info.ts';
import { addVerify } from './dataset-verify.ts';

const EXAMPLES = `
Examples:
  armature dataset info data/lift --html lift.html
  armature dataset verify data/lift --repair
  armature dataset merge data/all data/monday data/tuesday

Each of these has a --help of its own, with more.`;

/** Every verb on datasets that lie on disk; a new one is a file and a line here. */
const VERBS = [addInfo, addVerify, addMerge, addSplit, addDeleteEpisodes, addConvert];

export function addDataset(program: Command): void {
  const dataset = program
    .command('dataset')
    .description('Look into, verify, repair, merge, split and convert LeRobotDatasets')
    .addHelpText('after', EXAMPLES);
  for (const addVerb of VERBS) addVerb(dataset);
}
