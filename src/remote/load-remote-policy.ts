import { InvalidFileError } from '../core/errors.ts';
import { findPolicy, parsePolicy } from '../policy/find-policy.ts';
import type { RobotSpec } from '../robot/robot-spec.ts';
import { pathOf } from './message-key.ts';
import { remoteManifestSchema } from './remote-manifest.ts';
import type { RemoteManifest } from './remote-manifest.ts';

/** Whether a policy is on a server. Throws what findPolicy throws. */
export function isRemotePolicy(nameOrDirectory: string): boolean {
  return findPolicy(nameOrDirectory).family === 'remote';
}

/** Variable of the environment with the address of the server, in place of the one a manifest names. */
const SERVER_VARIABLE = 'ARMATURE_POLICY_SERVER';

/**
 * Loads the manifest of a policy on a server, by name or folder. Throws UnknownNameError, and InvalidFileError for
 * entries that do not fit.
 * @param server `ws://host:port` or `host:port`, in place of the one it names
 */
export function loadRemotePolicy(
  nameOrDirectory: string,
  server: string | undefined = process.env[SERVER_VARIABLE],
): RemoteManifest {
  const file = findPolicy(nameOrDirectory);
  const manifest = parsePolicy(file, remoteManifestSchema, 'Correct these entries; see docs/remote-policies.md.');
  const problems = contradictions(manifest);
  if (problems.length > 0) {
    throw new InvalidFileError(file.path, problems.join('; '), { remedy: 'Correct these entries.' });
  }
  return server === undefined || server === ''
    ? manifest
    : { ...manifest, server: { ...manifest.server, url: addressOf(server) } };
}

/** Throws InvalidFileError when the policy moves other joints than the robot has, or looks through other cameras. */
export function requireManifestFitsRobot(manifest: RemoteManifest, robot: RobotSpec): void {
  const joints = robot.joints.map(({ name }) => name);
  const cameras = robot.cameras.map(({ name }) => name);
  const problems: string[] = [];
  if (manifest.joints.join() !== joints.join()) problems.push(`joints are [${manifest.joints.join(', ')}]`);
  for (const { camera } of manifest.observation.images) {
    if (!cameras.includes(camera)) problems.push(`an image is of camera "${camera}"`);
  }
  if (problems.length === 0) return;
  throw new InvalidFileError(
    `policy "${manifest.name}"`,
    `does not fit robot "${robot.name}": ${problems.join('; ')}`,
    {
      expected: `joints [${joints.join(', ')}], cameras ${cameras.join(', ') || 'none'}`,
      remedy: 'Correct these entries of its policy.json, or choose another robot.',
    },
  );
}

/** An address as people write it. Throws InvalidFileError for what is none. */
function addressOf(text: string): string {
  const url = /^wss?:\/\//.test(text) ? text : `ws://${text}`;
  if (URL.canParse(url)) return url;
  throw new InvalidFileError(text, 'is no address of a policy server', {
    expected: 'ws://host:port, wss://host or host:port',
    remedy: `Correct --server or ${SERVER_VARIABLE}.`,
  });
}

/** What the schema cannot say. */
function contradictions({ joints, observation, actions }: RemoteManifest): string[] {
  const problems: string[] = [];
  const { steps, execute, askAhead, columns } = actions;
  if (execute > steps) problems.push(`actions.execute is ${execute}, but a chunk has ${steps} steps`);
  if (askAhead >= execute) problems.push(`actions.askAhead is ${askAhead}, but only ${execute} steps are carried out`);
  const moved = columns.flatMap((column) => (column === null ? [] : [column.joint]));
  for (const joint of joints) {
    const count = moved.filter((name) => name === joint).length;
    if (count !== 1) problems.push(`actions.columns has joint "${joint}" ${count} times, and must have it once`);
  }
  const told = observation.states.flatMap((state) => state.joints.map(({ joint }) => joint));
  const unknown = [...new Set([...moved, ...told])].filter((joint) => !joints.includes(joint));
  if (unknown.length > 0) problems.push(`no joint is named ${unknown.join(', ')}`);
  const places = placesOf(observation);
  for (const [index, place] of places.entries()) {
    const other = places.slice(index + 1).find((candidate) => overlap(place, candidate));
    if (other !== undefined) problems.push(`two values go to the key ${JSON.stringify(other)}`);
  }
  return problems;
}

function placesOf({ images, states, instruction, seed }: RemoteManifest['observation']): string[][] {
  const keys = [...images.map(({ key }) => key), ...states.map(({ key }) => key), instruction, seed];
  return keys.filter((key) => key !== undefined).map(pathOf);
}

function overlap(one: readonly string[], other: readonly string[]): boolean {
  return one.every((key, index) => index >= other.length || key === other[index]);
}
