import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { dataDirectory } from '../core/data-directory.ts';
import { InvalidFileError } from '../core/errors.ts';
import { parseYaml } from '../robot/parse-yaml.ts';

const EXTENSION = '.yaml';

/** Names of the YAML files in a folder of `sim/`, sorted, without their extension. */
export function listYaml(folder: string): string[] {
  return readdirSync(join(dataDirectory('sim'), folder))
    .filter((file) => file.endsWith(EXTENSION))
    .map((file) => file.slice(0, -EXTENSION.length))
    .toSorted();
}

/** Where listYaml found a name. */
export function yamlPath(folder: string, name: string): string {
  return join(dataDirectory('sim'), folder, `${name}${EXTENSION}`);
}

/** Where a file of `sim/` itself is. */
export function simFile(name: string): string {
  return join(dataDirectory('sim'), `${name}${EXTENSION}`);
}

/** A file of data, checked. Throws InvalidFileError for one that is missing, is not YAML or does not fit the schema. */
export function readYaml<Schema extends z.ZodType>(path: string, schema: Schema): z.infer<Schema> {
  if (!existsSync(path)) throw new InvalidFileError(path, 'is missing', { remedy: 'Copy it from the sim/ that ships.' });
  const document = parseYaml(readFileSync(path, 'utf8'), path);
  const result = schema.safeParse(document);
  if (result.success) return result.data;
  throw new InvalidFileError(path, `does not fit:\n${z.prettifyError(result.error)}`, { remedy: 'Correct these entries.' });
}
