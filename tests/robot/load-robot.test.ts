import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { dataDirectory } from '../../src/core/data-directory.ts';
import { listRobots, loadRobot } from '../../src/robot/load-robot.ts';
import { robotProblems } from '../../src/robot/robot-problems.ts';
import { makeRobot } from '../../src/testing/index.ts';
import { temporaryFolder } from '../temporary-folder.ts';

type Entry = Record<string, unknown>;

let directory = '';
beforeEach(() => {
  directory = temporaryFolder();
});

const SO101 = parse(readFileSync(join(dataDirectory('robots'), 'so101', 'robot.yaml'), 'utf8')) as Entry;

/** Loads the description of the SO-101 with a change; `limits` are those of its second joint. */
function load(change: (robot: Entry, limits: Entry) => void): void {
  const robot = structuredClone(SO101);
  const joint = (robot['joints'] as Entry[])[1] as Entry;
  change(robot, joint['limits'] as Entry);
  writeFileSync(join(directory, 'robot.yaml'), stringify(robot));
  loadRobot(directory);
}

describe('loadRobot', () => {
  it('says where a file is no YAML', () => {
    writeFileSync(join(directory, 'robot.yaml'), 'name: arm\njoints: [\nrates: 1\n');
    expect(() => loadRobot(directory)).toThrow(
      /robot\.yaml: is not valid YAML\. Found .* at line 3, column 1\. Correct/,
    );
  });

  it.each(listRobots())('invariant 10: finds no fault with %s', (name) => {
    expect(robotProblems(loadRobot(name))).toEqual([]);
  });

  it.each(['positionRad', 'velocityRadPerS', 'accelerationRadPerS2', 'jerkRadPerS3', 'effortNm', 'trackingErrorRad'])(
    'invariant 10: refuses a joint without %s, naming file, joint and remedy',
    (limit) => {
      const attempt = (): void => load((_robot, limits) => delete limits[limit]);
      const parts = [join(directory, 'robot.yaml'), 'joint "shoulder_lift"', limit, 'every joint needs all its limits'];
      expect(attempt).toThrow(new RegExp(parts.map((part) => part.replaceAll(/[.\\]/g, '\\$&')).join('[^]*')));
    },
  );

  it.each([
    ['min equal to max', { positionRad: [1, 1] }, 'lower position limit'],
    ['min above max', { positionRad: [1, -1] }, 'lower position limit'],
    ['no number', { velocityRadPerS: Number.NaN }, 'velocityRadPerS'],
    ['infinity', { accelerationRadPerS2: Infinity }, 'accelerationRadPerS2'],
    ['zero', { jerkRadPerS3: 0 }, 'jerkRadPerS3'],
    ['degrees', { positionRad: [-100, 100] }, 'are these degrees?'],
    ['degrees per second', { velocityRadPerS: 172 }, 'are these degrees per second?'],
    ['a margin as wide as the range', { softMarginRad: 1.8 }, 'leaves nothing of its range'],
    ['a monitor that never trips', { trackingErrorRad: 6 }, 'would never trip'],
    ['a stop longer than the range', { accelerationRadPerS2: 1 }, 'more than its range'],
    ['a limit nobody knows', { speed: 3 }, 'speed'],
  ])('invariant 10: refuses a joint with %s', (_what, change, message) => {
    const attempt = (): void => load((_robot, limits) => Object.assign(limits, change));
    expect(attempt).toThrow(new RegExp(`joint "shoulder_lift"[^]*${message.replace('?', '[?]')}`));
  });

  it.each<[string, Entry, string]>([
    ['a gripper that is no joint', { gripper: 'claw' }, 'gripper "claw" is not a joint'],
    ['a short pose', { homeRad: [0] }, 'homeRad needs 6 values'],
    ['a pose outside the limits', { restRad: [9, 0, 0, 0, 0, 0] }, 'restRad of joint "shoulder_pan"'],
    ['timeouts in seconds', { timeouts: { sensorMs: 0.1, commandMs: 0.2, resumeMs: 2 } }, 'are these seconds?'],
    ['no monitors', { monitors: undefined }, 'monitors'],
    ['only stops that keep the torque', { stopCategories: [2] }, 'an emergency stop needs category 0 or 1'],
    ['gate ticks between control ticks', { rates: { controlHz: 30, gateHz: 100, stateHz: 100 } }, 'whole multiple'],
  ])('invariant 10: refuses %s', (_what, change, message) => {
    expect(() => load((robot) => Object.assign(robot, change))).toThrow(message);
  });

  it('invariant 10: refuses two joints of one name, and names them', () => {
    const [shoulder] = makeRobot().joints;
    const twins = makeRobot({ joints: [shoulder, shoulder] as never, gripper: 'shoulder' });
    expect(robotProblems(twins)).toContain('two joints are named "shoulder"');
  });
});
