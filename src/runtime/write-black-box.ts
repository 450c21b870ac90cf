import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { ArmatureError, messageOf } from '../core/errors.ts';
import { blackBoxLines } from '../record/black-box-format.ts';
import type { BlackBoxHeader, BlackBoxPicture } from '../record/black-box-format.ts';
import { commitFiles } from '../record/dataset-files.ts';
import { encodePng } from '../record/png.ts';
import type { RobotSpec } from '../robot/robot-spec.ts';
import { snapshotTicks } from './black-box-rows.ts';
import type { BlackBoxSnapshot } from './black-box-rows.ts';
import type { Still } from './black-box-stills.ts';

/** Lines made before other work gets its turn: a millisecond's worth. */
const LINES_AT_ONCE = 20;

export interface BlackBoxOptions {
  readonly robot: RobotSpec;
  /** Where the files go; it is made when the first is written. */
  readonly directory: string;
  /** Of Armature. */
  readonly version: string;
  /** Wall time now, ISO 8601. */
  readonly wallTime: () => string;
}

/**
 * Writes what a ring remembered to `<directory>/<robot>-<cause>-<n>.jsonl`, whole or not at all, and gives the path.
 * Lets other work on this thread go on meanwhile. Throws ArmatureError E_BLACK_BOX.
 */
export async function writeBlackBox(
  snapshot: BlackBoxSnapshot,
  cause: string,
  { robot, directory, version, wallTime }: BlackBoxOptions,
  stills: readonly Still[] = [],
): Promise<string> {
  const { directory: _, ...description } = robot;
  const header: BlackBoxHeader = {
    cause,
    writtenAt: wallTime(),
    armature: version,
    node: process.versions.node,
    platform: `${process.platform} ${process.arch}`,
    robot: description,
    start: snapshot.start,
  };
  try {
    const path = freePath(directory, `${robot.name}-${cause}`);
    const lines: string[] = [];
    const pictures = await encoded(stills);
    for (const line of blackBoxLines(header, snapshotTicks(snapshot, robot), pictures)) {
      lines.push(line);
      if (lines.length % LINES_AT_ONCE === 0) await setImmediate();
    }
    await commitFiles(directory, [{ path, content: lines.join('') }]);
    return join(directory, path);
  } catch (error) {
    throw notWritten(directory, error);
  }
}

/** One by one, for each takes as long as many lines. */
async function encoded(stills: readonly Still[]): Promise<BlackBoxPicture[]> {
  const pictures: BlackBoxPicture[] = [];
  for (const { rgb, ...still } of stills) {
    const png = Buffer.from(encodePng(rgb, still.width, still.height)).toString('base64');
    pictures.push({ ...still, png });
    await setImmediate();
  }
  return pictures;
}

/** `<stem>-<n>.jsonl` with the first number that is free. */
function freePath(directory: string, stem: string): string {
  for (let number = 1; ; number += 1) {
    const path = `${stem}-${number}.jsonl`;
    if (!existsSync(join(directory, path))) return path;
  }
}

function notWritten(directory: string, cause: unknown): ArmatureError {
  const found = cause instanceof ArmatureError ? cause.found : messageOf(cause);
  return new ArmatureError('E_BLACK_BOX', `the black box cannot be written to ${directory}`, {
    ...(found === undefined ? {} : { found }),
    remedy: 'The arm was stopped all the same. Check the free space and the permissions of this folder.',
    cause,
  });
}
