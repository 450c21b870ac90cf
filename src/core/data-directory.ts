import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Folder at the top of the package: shipped data, or the Python that trains policies. */
export function dataDirectory(name: 'robots' | 'sim' | 'models' | 'calibration' | 'training'): string {
  return join(packageRoot(), name);
}

function packageRoot(): string {
  let directory = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(directory, 'package.json'))) directory = dirname(directory);
  return directory;
}
