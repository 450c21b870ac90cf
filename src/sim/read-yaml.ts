import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';
import { InvalidFileError } from '../core/errors.ts';

/** A file of data, checked. Throws InvalidFileError for one that is not YAML or does not fit the schema. */
export function readYaml<Schema extends z.ZodType>(path: string, schema: Schema): z.infer<Schema> {
  let document: unknown;
  try {
    document = parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new InvalidFileError(path, 'is not valid YAML', { remedy: 'Correct the line named in the cause.', cause });
  }
  const result = schema.safeParse(document);
  if (result.success) return result.data;
  throw new InvalidFileError(path, `does not fit:\n${z.prettifyError(result.error)}`, { remedy: 'Correct these entries.' });
}
