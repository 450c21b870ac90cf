import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { dataDirectory } from '../core/data-directory.ts';

/** Version of the installed package. */
export function packageVersion(): string {
  const path = join(dataDirectory('robots'), '..', 'package.json');
  const parsed: unknown = JSON.parse(readFileSync(path, 'utf8'));
  return typeof parsed === 'object' && parsed !== null && 'version' in parsed ? String(parsed.version) : 'unknown';
}
