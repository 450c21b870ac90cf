import type { Command } from 'commander';
import { addConvert } from './dataset-convert.ts';
import { addDeleteEpisodes, addMerge, addSplit } from './dataset-edit.ts';
import { addInfo } from './dataset-info.ts';
import { addVerify } from './dataset-verify.ts';

/** Every verb on datasets that lie on disk; a new one is a file and a line here. */
const VERBS = [addInfo, addVerify, addMerge, addSplit, addDeleteEpisodes, addConvert];

export function addDataset(program: Command): void {
  const dataset = program
    .command('dataset')
    .description('Look into, verify, repair, merge, split and convert LeRobotDatasets');
  for (const addVerb of VERBS) addVerb(dataset);
}
