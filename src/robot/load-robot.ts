import { readFileSync, readdirSync, existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { InvalidFileError, UnknownNameError } from '../core/errors.ts';
import { dataDirectory } from '../core/data-directory.ts';
import { parseYaml } from './parse-yaml.ts';
import { robotProblems } from './robot-problems.ts';
import { robotSchema } from './robot-spec.ts';
import type { RobotSpec } from './robot-spec.ts';

/** Names of the robots that ship in `robots/`. */
export function listRobots(): string[] {
  const root = dataDirectory('robots');
  return readdirSync(root).filter((name) => existsSync(join(root, name, 'robot.yaml')));
}

/**
 * Loads a robot by name (`robots/<name>`) or by the path of its folder or robot.yaml.
 * Throws UnknownNameError for a name that is neither, InvalidFileError for a file that does not fit.
 */
export function loadRobot(nameOrPath: string): RobotSpec {
  const candidates = [
    join(dataDirectory('robots'), nameOrPath, 'robot.yaml'),
    join(nameOrPath, 'robot.yaml'),
    nameOrPath,
  ];
  const path = candidates.find((candidate) => /\.ya?ml$/.test(candidate) && existsSync(candidate));
  if (path === undefined) throw new UnknownNameError('robot', nameOrPath, listRobots());
  return { ...parseRobot(readFileSync(path, 'utf8'), path), directory: dirname(path) };
}

function parseRobot(text: string, path: string): z.infer<typeof robotSchema> {
  const document = parseYaml(text, path);
  const result = robotSchema.safeParse(document);
  if (!result.success) {
    throw new InvalidFileError(path, `does not describe a robot:\n${explain(result.error, document)}`, {
      remedy: 'Correct these entries; every joint needs all its limits.',
    });
  }
  const problems = robotProblems(result.data);
  if (problems.length > 0) {
    throw new InvalidFileError(path, problems.join('; '), { remedy: 'Correct these entries.' });
  }
  return result.data;
}

/** The schema's message, with the names of the joints whose entries it is about. */
function explain(error: z.ZodError, document: unknown): string {
  const issues = error.issues.map((issue) => {
    const [list, index] = issue.path;
    const name = list === 'joints' && typeof index === 'number' ? jointName(document, index) : undefined;
    return name === undefined ? issue : { ...issue, message: `joint "${name}": ${issue.message}` };
  });
  return z.prettifyError({ issues });
}

function jointName(document: unknown, index: number): string | undefined {
  const result = z
    .looseObject({ joints: z.array(z.looseObject({ name: z.string() }).catch({ name: '' })) })
    .safeParse(document);
  return result.data?.joints[index]?.name || undefined;
}
