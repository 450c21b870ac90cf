import { mkdir, open, readFile, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { ArmatureError } from '../core/errors.ts';

/** Says who writes to a dataset. LeRobot and the Hub do not look at it. */
export const DATASET_LOCK = 'meta/.writing';
const ownerSchema = z.object({ pid: z.int().positive(), host: z.string() });

/**
 * Keeps other processes from changing a dataset while this one does. A process that was killed leaves a lock that counts
 * no longer. Returns what ends it. Throws E_DATASET_BUSY.
 */
export async function lockDataset(directory: string): Promise<() => Promise<void>> {
  const path = join(directory, DATASET_LOCK);
  await requireUnlocked(directory);
  await mkdir(dirname(path), { recursive: true });
  await rm(path, { force: true });
  try {
    const file = await open(path, 'wx');
    await file.writeFile(JSON.stringify({ pid: process.pid, host: hostname() }));
    await file.close();
  } catch (error) {
    // Somebody else was faster.
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') await requireUnlocked(directory);
    throw error;
  }
  return () => rm(path, { force: true });
}

/** Throws E_DATASET_BUSY while another process writes to the dataset. */
export async function requireUnlocked(directory: string): Promise<void> {
  const text = await readFile(join(directory, DATASET_LOCK), 'utf8').catch(() => undefined);
  const owner = ownerOf(text);
  if (owner === undefined || (owner.host === hostname() && !isAlive(owner.pid))) return;
  // This process knows what it does: it resumes what it left open itself.
  if (owner.host === hostname() && owner.pid === process.pid) return;
  throw new ArmatureError('E_DATASET_BUSY', `${directory}: another process writes to this dataset`, {
    found: `process ${owner.pid} on ${owner.host}`,
    remedy: `Wait until it has ended. If it is gone and the machine was another one, delete ${join(directory, DATASET_LOCK)}.`,
  });
}

function ownerOf(text: string | undefined): z.infer<typeof ownerSchema> | undefined {
  try {
    return ownerSchema.parse(JSON.parse(text ?? ''));
  } catch {
    // Half a lock is that of a process that died while it wrote it.
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Not ours to signal, but there.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
