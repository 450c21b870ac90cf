import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Names a folder whose own robots, sim, models or calibration take the place of those that ship. */
const OVERRIDE = 'ARMATURE_DATA';

/** Folder of data at the top of the package, or the one of that name in $ARMATURE_DATA. */
export function dataDirectory(name: 'robots' | 'sim' | 'models' | 'calibration'): string {
  const own = process.env[OVERRIDE];
  return own && existsSync(join(own, name)) ? join(own, name) : join(packageRoot(), name);
}

/** The training scripts, which are code: the package's own, whatever $ARMATURE_DATA holds. */
export function trainingDirectory(): string {
  return join(packageRoot(), 'training');
}

function packageRoot(): string {
  let directory = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(directory, 'package.json'))) directory = dirname(directory);
  return directory;
}
