import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { dataDirectory, trainingDirectory } from '../../src/core/data-directory.ts';
import { temporaryFolder } from '../temporary-folder.ts';

afterEach(() => vi.unstubAllEnvs());

test('a folder of data takes the place of the one that ships, and only of that one', () => {
  const shipped = dataDirectory('robots');
  const own = temporaryFolder();
  mkdirSync(join(own, 'sim'));
  vi.stubEnv('ARMATURE_DATA', own);
  expect(dataDirectory('sim')).toBe(join(own, 'sim'));
  expect(dataDirectory('robots')).toBe(shipped);
});

test('an empty name of that folder is none, wherever the program runs', () => {
  const shipped = dataDirectory('sim');
  vi.stubEnv('ARMATURE_DATA', '');
  expect(dataDirectory('sim')).toBe(shipped);
});

test('the training scripts are always those of the package', () => {
  const own = temporaryFolder();
  mkdirSync(join(own, 'training'));
  const shipped = trainingDirectory();
  vi.stubEnv('ARMATURE_DATA', own);
  expect(trainingDirectory()).toBe(shipped);
});
