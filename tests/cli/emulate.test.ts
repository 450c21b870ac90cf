import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { loadCalibration } from '../../src/calibration/load-calibration.ts';
import { loadRobot } from '../../src/robot/load-robot.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { armature } from './armature.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const directory = temporaryFolder();

describe('armature emulate', () => {
  it('serves a port until Ctrl-C, does what lines on stdin say, and ends with one object', async () => {
    const [link, calibration] = [join(directory, 'arm'), join(directory, 'arm.json')];
    const words = [
      'emulate',
      '--robot',
      'so101',
      '--link',
      link,
      '--save-calibration',
      calibration,
      '--scene',
      'none',
      '--json',
    ];
    const child = spawn(process.execPath, ['--import', 'tsx', 'src/cli/main.ts', ...words], { cwd: ROOT });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (bytes: Buffer) => (stdout += bytes.toString()));
    const said = (text: string): Promise<void> =>
      new Promise((resolve, reject) => {
        child.once('close', () => reject(new Error(stderr)));
        child.stderr.on('data', (bytes: Buffer) => {
          stderr += bytes.toString();
          if (stderr.includes(text)) resolve();
        });
      });
    await said(`ready ${link}`);
    expect(existsSync(link)).toBe(true);
    const robot = loadRobot('so101');
    expect(Object.keys(loadCalibration(calibration, robot).calibration)).toEqual(robot.joints.map(({ name }) => name));
    child.stdin.write('fault gremlins\n');
    await said('E_EMULATOR_COMMAND');
    child.stdin.write('fault cut\n');
    await said('done: fault cut');
    const status = new Promise((resolve) => child.once('close', resolve));
    child.kill('SIGINT');
    expect(await status).toBe(0);
    expect(existsSync(link)).toBe(false);
    expect(JSON.parse(stdout)).toMatchObject({ robot: 'so101', port: link, instructions: 0, badPackets: 0 });
    expect(readFileSync(calibration, 'utf8')).toContain('homing_offset');
  });

  it('says what is wrong with what it is given', async () => {
    const unknown = await armature('emulate', '--robot', 'so101', '--link', join(directory, 'arm'), '--scene', 'moon');
    expect(unknown.status).toBe(1);
    expect(unknown.stderr).toContain('E_UNKNOWN_TASK');
    const faults = await armature(
      'emulate',
      '--robot',
      'so101',
      '--link',
      join(directory, 'arm'),
      '--faults',
      'gremlins',
    );
    expect(faults.status).not.toBe(0);
    expect(faults.stderr).toContain('E_EMULATOR_COMMAND');
  });
});
