import { readFileSync, readdirSync, existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { InvalidFileError, UnknownNameError } from '../core/errors.ts';
import { dataDirectory } from '../core/data-directory.ts';
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
  let document: unknown;
  try {
    document = parse(text);
  } catch (cause) {
    throw new InvalidFileError(path, 'is not valid YAML', { remedy: 'Correct the line named in the cause.', cause });
  }
  const result = robotSchema.safeParse(document);
  if (!result.success) {
    throw new InvalidFileError(path, `does not describe a robot:\n${z.prettifyError(result.error)}`, {
      remedy: 'Correct these entries; every joint needs all its limits.',
    });
  }
  checkConsistency(result.data, path);
  return result.data;
}

function checkConsistency(robot: z.infer<typeof robotSchema>, path: string): void {
  const names = robot.joints.map((joint) => joint.name);
  const jointCount = names.length;
  const problems: string[] = [];
  if (new Set(names).size !== jointCount) problems.push('two joints have the same name');
  if (!names.includes(robot.gripper)) problems.push(`gripper "${robot.gripper}" is not a joint`);
  for (const pose of ['homeRad', 'restRad'] as const) {
    if (robot[pose].length !== jointCount) problems.push(`${pose} needs ${jointCount} values`);
    robot.joints.forEach((joint, index) => {
      const [low, high] = joint.limits.positionRad;
      const angle = robot[pose][index];
      if (angle !== undefined && (angle < low || angle > high))
        problems.push(`${pose} of joint "${joint.name}" is outside its limits`);
    });
  }
  if (!Number.isInteger(robot.rates.gateHz / robot.rates.controlHz))
    problems.push('gateHz must be a whole multiple of controlHz');
  if (problems.length > 0) {
    throw new InvalidFileError(path, problems.join('; '), { remedy: 'Correct these entries.' });
  }
}
