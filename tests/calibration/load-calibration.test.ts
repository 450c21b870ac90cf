import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { calibrationDifferences } from '../../src/calibration/calibration-problems.ts';
import { dataDirectory } from '../../src/core/data-directory.ts';
import { calibrationProblems, loadCalibration, saveCalibration } from '../../src/index.ts';
import type { Calibration } from '../../src/index.ts';
import { loadRobot } from '../../src/robot/load-robot.ts';
import type { RobotSpec } from '../../src/robot/robot-spec.ts';
import { temporaryFolder } from '../temporary-folder.ts';

type Entry = Record<string, Record<string, unknown>>;

const robot = loadRobot('so101');
const EXAMPLE = join(dataDirectory('robots'), '..', 'calibration', 'example.json');
let path = '';
beforeEach(() => {
  path = join(temporaryFolder(), 'mine.json');
});

function load(change: (calibration: Entry) => void): void {
  const calibration = JSON.parse(readFileSync(EXAMPLE, 'utf8')) as Entry;
  change(calibration);
  writeFileSync(path, JSON.stringify(calibration));
  loadCalibration(path, robot);
}

const withEntries = (joint: string, entries: Record<string, unknown>) => (calibration: Entry) =>
  Object.assign(calibration[joint] ?? {}, entries);

describe('saveCalibration', () => {
  const { calibration } = loadCalibration(EXAMPLE, robot);
  const turned: Calibration = { ...calibration, wrist_roll: { ...calibration['wrist_roll'], drive_mode: 1 } as never };

  it('writes what loadCalibration reads, and keeps the file that was there', () => {
    expect(saveCalibration(path, calibration, robot)).toBeUndefined();
    const previous = saveCalibration(path, turned, robot);
    expect(loadCalibration(path, robot).calibration).toEqual(turned);
    expect(loadCalibration(previous ?? '', robot).calibration).toEqual(calibration);
  });

  it('writes nothing that does not match the robot', () => {
    const { gripper: _, ...rest } = calibration;
    saveCalibration(path, calibration, robot);
    expect(() => saveCalibration(path, rest, robot)).toThrow(/E_INVALID_FILE.*joint "gripper" is missing/);
    expect(readdirSync(join(path, '..'))).toEqual(['mine.json']);
  });
});

describe('loadCalibration', () => {
  it('invariant 10: takes the example, and names it by its hash', () => {
    const { calibration, sha256 } = loadCalibration(EXAMPLE, robot);
    expect(Object.keys(calibration)).toEqual(robot.joints.map(({ name }) => name));
    expect(sha256).toMatch(/^[0-9a-f]{64}$/);
  });

  it.each<[string, (calibration: Entry) => void, string]>([
    ['a joint nobody knows', (all) => (all['tail'] = all['gripper'] ?? {}), '"tail" is no joint'],
    ['a missing joint', (all) => delete all['elbow_flex'], 'joint "elbow_flex" is missing'],
    [
      'two motors of one id',
      withEntries('gripper', { id: 2 }),
      'joint "gripper" has the id 2 of joint "shoulder_lift"',
    ],
    [
      'min above max',
      withEntries('wrist_flex', { range_min: 3200 }),
      'joint "wrist_flex": range_min 3200 is not below',
    ],
    ['min equal to max', withEntries('wrist_flex', { range_min: 3129 }), 'joint "wrist_flex"'],
    [
      'a range that was not moved through',
      withEntries('shoulder_pan', { range_min: 1800 }),
      'joint "shoulder_pan" was cal',
    ],
    [
      'the range of another joint',
      withEntries('gripper', { range_min: 0, range_max: 4095 }),
      'joint "gripper" was cal',
    ],
    ['an id that is not in robot.yaml', withEntries('gripper', { id: 9 }), 'joint "gripper" has the id 9 in the'],
    [
      'an offset its servo cannot hold',
      withEntries('gripper', { homing_offset: 2048 }),
      'homing_offset 2048 does not fit',
    ],
    ['ticks that the encoder has not', withEntries('gripper', { range_max: 5000 }), 'gripper'],
    ['an entry nobody knows', withEntries('gripper', { speed: 1 }), 'speed'],
    ['half a tick', withEntries('gripper', { homing_offset: 0.5 }), 'gripper'],
  ])('invariant 10: refuses %s, naming the file', (_what, change, message) => {
    expect(() => load(change)).toThrow(message);
    expect(() => loadCalibration(path, robot)).toThrow(path);
  });

  it('invariant 10: refuses a file that is missing, or is no JSON', () => {
    expect(() => loadCalibration(path, robot)).toThrow('armature calibrate');
    writeFileSync(path, '{');
    expect(() => loadCalibration(path, robot)).toThrow('not valid JSON');
  });
});

describe('how joints are calibrated', () => {
  it('takes a whole turn for a joint that turns all the way round, and for no other', () => {
    const koch = loadRobot('koch');
    const { calibration } = loadCalibration(EXAMPLE, robot);
    const turn = { homing_offset: 5000, range_min: 0, range_max: 4095 };
    const ranges = {
      shoulder_lift: [1300, 2750],
      elbow_flex: [1060, 3060],
      wrist_flex: [700, 3390],
      gripper: [1500, 2600],
    };
    const given = Object.fromEntries(
      Object.entries(calibration).map(([name, motor]) => {
        const range = ranges[name as keyof typeof ranges];
        return [name, { ...motor, ...(range === undefined ? turn : { range_min: range[0], range_max: range[1] }) }];
      }),
    ) as Calibration;
    expect(calibrationProblems(given, koch)).toEqual([]);
    const lift = { ...given, shoulder_lift: { ...given['shoulder_lift'], ...turn } } as Calibration;
    expect(calibrationProblems(lift, koch).join()).toMatch(/^joint "shoulder_lift" was calibrated over 6.28 rad/);
  });

  it("takes the shorter way of a leader's handle, and not that of a follower's finger", () => {
    const { calibration } = loadCalibration(EXAMPLE, robot);
    const short = {
      ...calibration,
      gripper: { ...calibration['gripper'], range_min: 2000, range_max: 2700 },
    } as Calibration;
    expect(calibrationProblems(short, robot).join()).toMatch(/^joint "gripper" was calibrated over 1.07 rad/);
    const { drivers } = robot;
    const leader = { ...robot, drivers: { ...drivers, serial: { ...drivers.serial, role: 'leader' } } } as RobotSpec;
    expect(calibrationProblems(short, leader)).toEqual([]);
  });
});

describe('calibrationDifferences', () => {
  it('invariant 10: tells a motor that was calibrated otherwise, and one that does not answer', () => {
    const { calibration } = loadCalibration(EXAMPLE, robot);
    expect(calibrationDifferences(calibration, calibration)).toEqual([]);
    const { gripper, ...others } = calibration;
    expect(gripper).toBeDefined();
    const elbow = { ...(others['elbow_flex'] as NonNullable<typeof gripper>), homing_offset: 7 };
    expect(calibrationDifferences(calibration, { ...others, elbow_flex: elbow })).toEqual([
      'joint "elbow_flex": homing_offset is -1225 in the file and 7 in the motor',
      'joint "gripper": no motor answers',
    ]);
  });
});
