import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { calibrationDirectory } from '../core/data-directory.ts';
import { InvalidFileError } from '../core/errors.ts';
import { parseJson } from '../core/parse-json.ts';
import type { RobotSpec } from '../robot/robot-spec.ts';
import { calibrationProblems } from './calibration-problems.ts';
import type { Calibration } from './calibration-problems.ts';
import { ENCODER_CONVENTIONS } from './encoder-convention.ts';
import { TICKS_PER_TURN } from './ticks.ts';

const tick = z
  .int()
  .min(0)
  .max(TICKS_PER_TURN - 1);
const LARGEST_OFFSET = Math.max(...Object.values(ENCODER_CONVENTIONS).map((convention) => convention.largestOffset));
/** An entry as LeRobot writes it; see calibration/README.md. */
const motorSchema = z.strictObject({
  id: z.int().min(0).max(253),
  drive_mode: z.union([z.literal(0), z.literal(1)]),
  homing_offset: z.int().min(-LARGEST_OFFSET).max(LARGEST_OFFSET),
  range_min: tick,
  range_max: tick,
});
const calibrationSchema = z.record(z.string().min(1), motorSchema);

export interface LoadedCalibration {
  readonly calibration: Calibration;
  /** Of the file, hexadecimal: names this calibration in recordings and in what was armed with it. */
  readonly sha256: string;
}

/** The file of the arm of this name; that of a robot of which there is one has the robot's name. */
export function calibrationPath(name: string): string {
  return join(calibrationDirectory(), `${name}.json`);
}

/**
 * Loads the calibration of an arm and holds it against the robot it is for.
 * Throws InvalidFileError, which names file, joint and remedy, for one that does not match.
 */
export function loadCalibration(path: string, robot: RobotSpec): LoadedCalibration {
  if (!existsSync(path)) {
    throw new InvalidFileError(path, 'there is no such calibration', {
      remedy: 'Calibrate the arm with `armature calibrate`, or copy its file here.',
    });
  }
  const text = readFileSync(path, 'utf8');
  const result = calibrationSchema.safeParse(parseJson(text, path, 'Copy the file again, or calibrate anew.'));
  if (!result.success) {
    throw new InvalidFileError(path, `is no calibration:\n${z.prettifyError(result.error)}`, {
      remedy: 'Correct these entries, or calibrate anew.',
    });
  }
  const problems = calibrationProblems(result.data, robot);
  if (problems.length > 0) {
    throw new InvalidFileError(path, `does not match robot "${robot.name}": ${problems.join('; ')}`, {
      remedy: `Calibrate this arm anew, or give the file of this arm. Limits are in ${robot.directory}/robot.yaml.`,
    });
  }
  return { calibration: result.data, sha256: createHash('sha256').update(text).digest('hex') };
}
