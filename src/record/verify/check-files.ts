import { listFiles } from '../dataset-files.ts';
import { DATASET_LOCK } from '../dataset-lock.ts';
import { DATASET_PATHS } from '../format.ts';
import { REMEDIES, warningIn } from './problem.ts';
import type { DatasetProblem } from './problem.ts';

/** Folders of the format; what else lies in a dataset (a card, a log) is its owner's. */
const FOLDERS = ['meta', 'data', 'videos', 'images'] as const;

/** Files that no reader uses: left by an interrupted recording, set aside, or put there by somebody. */
export async function checkFiles(directory: string, referenced: ReadonlySet<string>): Promise<DatasetProblem[]> {
  const problems: DatasetProblem[] = [];
  const pictures: string[] = [];
  for (const folder of FOLDERS) {
    for (const file of await listFiles(directory, folder, '')) {
      if (referenced.has(file)) continue;
      if (file.startsWith('images/')) pictures.push(file);
      else problems.push(...strayFile(file));
    }
  }
  if (pictures[0] !== undefined) {
    problems.push(
      warningIn('images', 'holds pictures that were not yet encoded when a recording was interrupted', {
        found: `${pictures.length} files`,
        remedy: 'Remove the folder if the episode is not needed.',
      }),
    );
  }
  return problems;
}

function strayFile(file: string): DatasetProblem[] {
  if (file.endsWith('.partial'))
    return [warningIn(file, 'was not finished when a recording was interrupted', { remedy: REMEDIES.repair })];
  if (file.endsWith('.orphan'))
    return [
      warningIn(file, 'was set aside by a repair, or when a recording was continued', {
        remedy: 'Remove it when it is not needed.',
      }),
    ];
  if (file === DATASET_LOCK) return [];
  // Data files that no episode refers to are read by LeRobot: an error that the check of the data tells.
  if (file.startsWith('data/') && file.endsWith('.parquet')) return [];
  if (file.startsWith('meta/episodes/') && file.endsWith('.parquet')) return [];
  return [warningIn(file, 'no episode refers to it', { remedy: 'Remove it when it is not needed.' })];
}

/** Files of meta/ that are always read. */
export const METADATA_FILES: readonly string[] = [DATASET_PATHS.info, DATASET_PATHS.statistics, DATASET_PATHS.tasks];
