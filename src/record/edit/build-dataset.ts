import { existsSync } from 'node:fs';
import { cp, readdir, realpath, rename, rm, rmdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { ArmatureError, InvalidFileError } from '../../core/errors.ts';
import { requireUnlocked } from '../dataset-lock.ts';
import { syncFolder } from '../dataset-files.ts';
import { verifyDataset } from '../verify/verify-dataset.ts';

/** Ends the name of the folder in which a dataset is built, and of the one it replaces until it stands. */
const NEW = '.new';
const OLD = '.old';
/** What a dataset consists of; all else in its folder is its owner's. */
const OWN_ENTRIES = new Set(['meta', 'data', 'videos', 'images']);

/**
 * Builds a dataset beside its folder and moves it there when it is complete, so that the folder never holds half
 * of one. Throws InvalidFileError where the folder is not empty.
 */
export async function buildDataset<T>(directory: string, build: (directory: string) => Promise<T>): Promise<T> {
  const target = resolve(directory);
  if (existsSync(target)) {
    if ((await readdir(target)).length > 0) {
      throw new InvalidFileError(directory, 'the folder is not empty', {
        expected: 'a folder that does not exist yet',
        remedy: 'Choose another one; nothing is overwritten.',
      });
    }
    await rmdir(target);
  }
  const result = await buildBeside(target, build);
  await rename(target + NEW, target);
  await syncFolder(dirname(target));
  return result;
}

/**
 * Replaces a dataset by one built from it. The old one stands until the new one is complete and verified; a
 * process that dies in between leaves one of them at its place, or the old one in `<folder>.old`, which the next
 * call puts back. Files of the owner in the folder stay.
 */
export async function replaceDataset<T>(directory: string, build: (directory: string) => Promise<T>): Promise<T> {
  await restoreReplaced(directory);
  await requireUnlocked(directory);
  // The folder may be a link; what it leads to is replaced.
  const target = await realpath(directory);
  const result = await buildBeside(target, build);
  for (const entry of await readdir(target)) {
    if (!OWN_ENTRIES.has(entry)) await cp(join(target, entry), join(target + NEW, entry), { recursive: true });
  }
  await checkBuilt(target + NEW);
  await rename(target, target + OLD);
  try {
    await rename(target + NEW, target);
  } catch (error) {
    await rename(target + OLD, target);
    throw error;
  }
  await syncFolder(dirname(target));
  await rm(target + OLD, { recursive: true });
  return result;
}

/** Puts a dataset back that was moved away by a replacement that did not end. */
export async function restoreReplaced(directory: string): Promise<void> {
  const target = resolve(directory);
  if (!existsSync(target) && existsSync(target + OLD)) await rename(target + OLD, target);
}

async function buildBeside<T>(target: string, build: (directory: string) => Promise<T>): Promise<T> {
  await rm(target + NEW, { recursive: true, force: true });
  try {
    return await build(target + NEW);
  } catch (error) {
    await rm(target + NEW, { recursive: true, force: true });
    throw error;
  }
}

async function checkBuilt(directory: string): Promise<void> {
  const { problems } = await verifyDataset(directory, { quick: true });
  const [first] = problems.filter(({ severity }) => severity === 'error');
  if (first === undefined) return;
  await rm(directory, { recursive: true, force: true });
  throw new ArmatureError(
    'E_DATASET_COPY',
    `the new dataset is not in order, the old one stays: ${first.file}: ${first.problem}`,
    {
      remedy: 'Verify the dataset with "armature dataset verify"; if it is in order, please report this.',
    },
  );
}
