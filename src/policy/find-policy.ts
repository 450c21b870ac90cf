import { existsSync, readFileSync, readdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { dataDirectory } from '../core/data-directory.ts';
import { InvalidFileError, UnknownNameError } from '../core/errors.ts';
import { parseJson } from '../core/parse-json.ts';

/** The `policy.json` of a policy, before anybody has looked whether it fits its family. */
export interface PolicyFile {
  readonly path: string;
  readonly document: unknown;
  /** Its entry `family`; undefined where it has none. */
  readonly family: string | undefined;
}

/** Names of the policies that ship in `models/`. */
export function listPolicies(): string[] {
  const root = dataDirectory('models');
  if (!existsSync(root)) return [];
  return readdirSync(root)
    .filter((name) => existsSync(join(root, name, 'policy.json')))
    .toSorted();
}

/**
 * Finds a policy by name (`models/<name>`) or by the path of its folder or policy.json.
 * Throws UnknownNameError for a name that is neither, and InvalidFileError for a file that is no JSON.
 */
export function findPolicy(nameOrDirectory: string): PolicyFile {
  const candidates = [
    join(dataDirectory('models'), nameOrDirectory, 'policy.json'),
    join(nameOrDirectory, 'policy.json'),
    nameOrDirectory,
  ];
  const found = candidates.find((candidate) => candidate.endsWith('.json') && existsSync(candidate));
  if (found === undefined) throw new UnknownNameError('policy', nameOrDirectory, listPolicies());
  // A training run replaces its newest policy by moving a link: all files must come from one version.
  const path = realpathSync(found);
  const document = parseJson(readFileSync(path, 'utf8'), path, 'Correct that place, or export the policy again.');
  const { data } = z.object({ family: z.string() }).safeParse(document);
  return { path, document, family: data?.family };
}

/**
 * The document as its schema has it. Throws InvalidFileError that names the entries that do not fit.
 * @param remedy what to do about them
 */
export function parsePolicy<T>({ path, document }: PolicyFile, schema: z.ZodType<T>, remedy: string): T {
  const result = schema.safeParse(document);
  if (result.success) return result.data;
  throw new InvalidFileError(path, `does not describe a policy:\n${z.prettifyError(result.error)}`, { remedy });
}
