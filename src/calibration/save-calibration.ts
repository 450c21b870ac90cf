import {
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { InvalidFileError } from '../core/errors.ts';
import type { Calibration } from './calibration-problems.ts';

/**
 * Writes a calibration as LeRobot does, so that either program reads the other's. The file appears whole or not at all; one that
 * was there is kept beside it as `<name>.1.json`, `.2.json` and so on.
 * Returns where the previous file is now, undefined if there was none. Throws InvalidFileError.
 */
export function saveCalibration(path: string, calibration: Calibration): string | undefined {
  try {
    mkdirSync(dirname(path), { recursive: true });
    const fresh = `${path}.new`;
    writeDurably(fresh, formatCalibration(calibration));
    const previous = keepPrevious(path);
    renameSync(fresh, path);
    return previous;
  } catch (cause) {
    throw new InvalidFileError(path, 'the calibration cannot be written', {
      found: cause instanceof Error ? cause.message : String(cause),
      remedy: 'Give another place with --out, or make room and set permissions.',
      cause,
    });
  }
}

/** The text of the file. */
export function formatCalibration(calibration: Calibration): string {
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
