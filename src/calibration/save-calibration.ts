import {
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { InvalidFileError, messageOf } from '../core/errors.ts';
import type { RobotSpec } from '../robot/robot-spec.ts';
import { calibrationProblems } from './calibration-problems.ts';
import type { Calibration } from './calibration-problems.ts';

/** A calibration that is on the disk, and not yet in its place. */
export interface StagedCalibration {
  /**
   * Puts it in its place. One that was there is kept beside it as `<name>.1.json`, `.2.json` and so on.
   * Returns where the previous file is now, undefined if there was none. Throws InvalidFileError.
   */
  commit(): string | undefined;
  /** Takes it away again. */
  discard(): void;
}

/**
 * Writes a calibration as LeRobot does, so that either program reads the other's. The file appears whole or not at all, and only
 * with `commit`: what has to succeed together with it goes between. Throws InvalidFileError.
 */
export function stageCalibration(path: string, calibration: Calibration): StagedCalibration {
  const fresh = `${path}.new`;
  attempt(path, () => {
    mkdirSync(dirname(path), { recursive: true });
    writeDurably(fresh, formatCalibration(calibration));
  });
  return {
    commit: () =>
      attempt(path, () => {
        const previous = keepPrevious(path);
        renameSync(fresh, path);
        return previous;
      }),
    discard: () => rmSync(fresh, { force: true }),
  };
}

/**
 * Writes the calibration of an arm as LeRobot's JSON: ticks, by joint name. A file that was there is kept beside it; returns where
 * that is, undefined if there was none. `calibrationPath` names the place where the verbs look. Throws InvalidFileError, also for a
 * calibration that loadCalibration would refuse; then nothing is written.
 */
export function saveCalibration(path: string, calibration: Calibration, robot: RobotSpec): string | undefined {
  const problems = calibrationProblems(calibration, robot);
  if (problems.length === 0) return stageCalibration(path, calibration).commit();
  throw new InvalidFileError(path, `would hold what does not match robot "${robot.name}": ${problems.join('; ')}`, {
    remedy: `Calibrate the arm anew. Limits are in ${robot.directory}/robot.yaml.`,
  });
}

function attempt<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw new InvalidFileError(path, 'the calibration cannot be written', {
      found: messageOf(cause),
      remedy: 'Give another place with --out, or make room and set permissions.',
      cause,
    });
  }
}

function formatCalibration(calibration: Calibration): string {
  const entries = Object.entries(calibration).map(([name, motor]) => {
    const { id, drive_mode, homing_offset, range_min, range_max } = motor;
    return [name, { id, drive_mode, homing_offset, range_min, range_max }] as const;
  });
  return JSON.stringify(Object.fromEntries(entries), null, 4);
}

function keepPrevious(path: string): string | undefined {
  if (!existsSync(path)) return undefined;
  for (let number = 1; ; number += 1) {
    const kept = path.replace(/(\.json)?$/, `.${number}.json`);
    if (existsSync(kept)) continue;
    copyFileSync(path, kept, constants.COPYFILE_EXCL);
    return kept;
  }
}

function writeDurably(path: string, text: string): void {
  const descriptor = openSync(path, 'w');
  try {
    writeSync(descriptor, text);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
