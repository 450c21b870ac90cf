import type { Command } from 'commander';
import { addVerify } from './dataset-verify.ts';

/** Every verb on datasets that lie on disk; a new one is a file and a line here. */
const VERBS = [addVerify];

export function addDataset(program: Command): void {
  const dataset = program
    .command('dataset')
    .description('Verify, repair, look into, merge, split and convert LeRobotDatasets');
  for (const addVerb of VERBS) addVerb(dataset);
}
