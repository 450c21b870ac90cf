import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Names a folder whose own robots, sim, models or calibration take the place of those that ship. */
const OVERRIDE = 'ARMATURE_DATA';

/** Folder of data at the top of the package, or the one of that name in $ARMATURE_DATA: robots, sim, models or calibration. */
export function dataDirectory(name: 'robots' | 'sim' | 'models' | 'calibration' | 'training'): string {
  const own = process.env[OVERRIDE];
  return own !== undefined && existsSync(join(own, name)) ? join(own, name) : join(packageRoot(), name);
}

function packageRoot(): string {
  let directory = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(directory, 'package.json'))) directory = dirname(directory);
  return directory;
}
