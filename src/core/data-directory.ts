import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Folder of shipped data at the top of the package: robots, sim, models or calibration. */
export function dataDirectory(name: 'robots' | 'sim' | 'models' | 'calibration'): string {
  return join(packageRoot(), name);
}

function packageRoot(): string {
  let directory = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(directory, 'package.json'))) directory = dirname(directory);
  return directory;
}
