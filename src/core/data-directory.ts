import { existsSync } from 'node:fs';
import { dirname, join, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ArmatureError } from './errors.ts';

/** Names a folder whose own robots, sim, models or calibration take the place of those that ship. */
const OVERRIDE = 'ARMATURE_DATA';

/** Folder of data at the top of the package, or the one of that name in $ARMATURE_DATA. */
export function dataDirectory(name: 'robots' | 'sim' | 'models' | 'calibration'): string {
  const own = process.env[OVERRIDE];
  return own && existsSync(join(own, name)) ? join(own, name) : join(packageRoot(), name);
}

/** Where the user's own calibrations are and go, one file per arm: not into an installed package, which the next one replaces. */
export function calibrationDirectory(): string {
  const own = process.env[OVERRIDE];
  if (own) return join(own, 'calibration');
  const root = packageRoot();
  return root.split(sep).includes('node_modules') ? resolve('calibration') : join(root, 'calibration');
}

/** The training scripts, which are code: the package's own, whatever $ARMATURE_DATA holds. */
export function trainingDirectory(): string {
  return join(packageRoot(), 'training');
}

/** The built page of the dashboard, which is code as well. */
export function pageDirectory(): string {
  return join(packageRoot(), 'dist', 'web');
}

function packageRoot(): string {
  const start = dirname(fileURLToPath(import.meta.url));
  for (let directory = start, above = ''; directory !== above; directory = dirname(directory)) {
    if (existsSync(join(directory, 'package.json'))) return directory;
    above = directory;
  }
  throw new ArmatureError('E_NO_PACKAGE', 'Armature does not find its own files', {
    expected: `package.json in ${start} or a folder above it`,
    remedy: `Install the package whole, or set ${OVERRIDE} to a folder with its data.`,
  });
}
