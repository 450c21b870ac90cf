import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { lockDataset, requireUnlocked } from '../../src/record/dataset-lock.ts';
import { temporaryFolder } from '../temporary-folder.ts';

function lockedBy(owner: unknown): string {
  const directory = temporaryFolder();
  mkdirSync(join(directory, 'meta'));
  writeFileSync(join(directory, 'meta/.writing'), typeof owner === 'string' ? owner : JSON.stringify(owner));
  return directory;
}

it('keeps other processes away until it ends', async () => {
  const directory = temporaryFolder();
  const unlock = await lockDataset(directory);
  expect(existsSync(join(directory, 'meta/.writing'))).toBe(true);
  await unlock();
  expect(existsSync(join(directory, 'meta/.writing'))).toBe(false);
});

it('names the process that writes', async () => {
  const directory = lockedBy({ pid: process.ppid, host: hostname() });
  await expect(requireUnlocked(directory)).rejects.toThrow(new RegExp(`E_DATASET_BUSY.*process ${process.ppid}`));
  await expect(lockDataset(directory)).rejects.toMatchObject({ code: 'E_DATASET_BUSY' });
});

it('cannot know of processes of another machine', async () => {
  await expect(requireUnlocked(lockedBy({ pid: 1, host: 'elsewhere' }))).rejects.toThrow(/E_DATASET_BUSY.*elsewhere/);
});

it('takes over from a process that was killed, and from one that died while it locked', async () => {
  const child = spawn(process.execPath, ['-e', '']);
  await once(child, 'exit');
  for (const owner of [{ pid: child.pid, host: hostname() }, '{"pid": 12']) {
    const unlock = await lockDataset(lockedBy(owner));
    await unlock();
  }
});
