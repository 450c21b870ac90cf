import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { addCalibrate } from '../../src/cli/calibrate.ts';
import { describeFailure } from '../../src/cli/failure.ts';
import { addMotors } from '../../src/cli/motors.ts';
import { addPorts } from '../../src/cli/ports.ts';
import { startServoBus } from '../../src/emulation/servo-bus/start-servo-bus.ts';
import type { EmulatedServoBus } from '../../src/emulation/servo-bus/start-servo-bus.ts';
import { loadRobot } from '../../src/robot/load-robot.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const folder = temporaryFolder();
const port = join(folder, 'arm');
let arm: EmulatedServoBus;

beforeAll(async () => {
  arm = await startServoBus({ robot: loadRobot('so101'), link: port });
});
afterAll(() => arm.close());

/** Runs verbs within this process: a process of their own would compile the program each time. */
async function armature(...words: string[]): Promise<{ status: number; stdout: string; stderr: string }> {
  const printed = vi.spyOn(console, 'log').mockImplementation(() => undefined);
  const noticed = vi.spyOn(process.stderr, 'write').mockImplementation(() => true);
  const program = new Command().exitOverride();
  for (const addVerb of [addPorts, addMotors, addCalibrate]) addVerb(program);
  process.exitCode = 0;
  let failure = '';
  try {
    await program.parseAsync(words, { from: 'user' });
  } catch (error) {
    failure = describeFailure(error).text;
  }
  const status = failure === '' ? Number(process.exitCode) : 1;
  process.exitCode = 0;
  const stdout = printed.mock.calls.map(([text]) => String(text)).join('\n');
  const stderr = noticed.mock.calls.map(([text]) => String(text)).join('') + failure;
  printed.mockRestore();
  noticed.mockRestore();
  return { status, stdout, stderr };
}

const so101 = ['--robot', 'so101', '--port', port];

describe('verbs on a servo bus', { timeout: 240_000 }, () => {
  it('ports finds the arm, and says which robot it looks like', async () => {
    const { status, stdout } = await armature(
      'ports',
      '--port',
      port,
      '--protocol',
      'feetech',
      '--baud-rate',
      '1000000',
      '--json',
    );
    expect(status).toBe(0);
    const [found] = (JSON.parse(stdout) as { ports: { servos: object[]; robots: object[] }[] }).ports;
    expect(found?.servos).toHaveLength(6);
    expect(found?.servos[2]).toMatchObject({
      id: 3,
      model: 'sts3215',
      modelNumber: 777,
      firmware: '3.10',
      protocol: 'feetech',
      baudRate: 1_000_000,
    });
    expect(found?.robots).toContainEqual({ robot: 'so101', missing: [] });
  });

  it('ports tells of a port that is not there', async () => {
    const { status, stdout } = await armature('ports', '--port', join(folder, 'nothing'));
    expect([status, stdout]).toEqual([1, expect.stringMatching(/E_SERIAL_MISSING/)]);
  });

  it('motors reads and writes registers by name, within their access and with a word where it matters', async () => {
    const read = await armature(
      'motors',
      'read',
      'Present_Temperature',
      'Lock',
      ...so101,
      '--joint',
      'gripper',
      '--json',
    );
    expect(JSON.parse(read.stdout)).toEqual({
      servos: [{ joint: 'gripper', id: 6, registers: { Present_Temperature: 25, Lock: 1 } }],
    });
    const unsaid = await armature('motors', 'write', 'P_Coefficient', '20', ...so101);
    expect([unsaid.status, unsaid.stderr]).toEqual([1, expect.stringMatching(/E_NOT_CONFIRMED.*--yes/)]);
    const said = await armature('motors', 'write', 'P_Coefficient', '20', ...so101, '--yes', '--json');
    expect(JSON.parse(said.stdout)).toMatchObject({ register: 'P_Coefficient', value: 20 });
    const refused = await armature('motors', 'write', 'Present_Position', '1', ...so101, '--yes');
    expect([refused.status, refused.stderr]).toEqual([1, expect.stringMatching(/E_REGISTER_READ_ONLY/)]);
    const taken = await armature('motors', 'write', 'ID', '2', ...so101, '--joint', 'gripper', '--yes');
    expect([taken.status, taken.stderr]).toEqual([1, expect.stringMatching(/E_SERVO_ID_TAKEN/)]);
    const after = await armature('motors', 'read', ...so101, '--joint', 'elbow_flex');
    expect(after.stdout).toMatch(/elbow_flex {2}P_Coefficient .* 20 .* eeprom {2}0 to 254/);
  });

  it('motors ping names the one that is silent; reboot brings servos back', async () => {
    arm.control('fault silent 5');
    const ping = await armature('motors', 'ping', ...so101);
    expect([ping.status, ping.stdout]).toEqual([1, expect.stringMatching(/wrist_roll {5}5 {3}does not answer/)]);
    arm.control('fault clear');
    const reboot = await armature('motors', 'reboot', ...so101, '--joint', 'gripper', '--yes', '--json');
    expect(JSON.parse(reboot.stdout)).toEqual({ rebooted: [{ joint: 'gripper', id: 6 }] });
    const state = await armature('motors', 'temperature', ...so101, '--json');
    const { servos } = JSON.parse(state.stdout) as { servos: object[] };
    expect(servos[5]).toMatchObject({ joint: 'gripper', id: 6, Present_Temperature: 25, Status: 0 });
  });

  it('motors setup gives the one servo that is connected its id, and refuses several', async () => {
    const script = join(folder, 'words.txt');
    writeFileSync(script, '# nothing but the word\nready\n');
    const words = ['motors', 'setup', ...so101, '--joint', 'gripper', '--script', script, '--json'];
    const several = await armature(...words);
    expect([several.status, several.stderr]).toEqual([1, expect.stringMatching(/E_SEVERAL_SERVOS.*ids 1, 2, 3/)]);
    await armature('motors', 'write', 'ID', '15', ...so101, '--joint', 'gripper', '--yes');
    for (const id of [1, 2, 3, 4, 5]) arm.control(`fault silent ${id}`);
    const alone = await armature(...words);
    arm.control('fault clear');
    expect(JSON.parse(alone.stdout)).toMatchObject({
      motors: [{ joint: 'gripper', id: 6, formerId: 15, formerBaudRate: 1_000_000 }],
    });
    expect(alone.status).toBe(0);
  });
});

describe('armature calibrate', { timeout: 240_000 }, () => {
  it("writes LeRobot's calibration into the servos, its words from a script", async () => {
    const [given, script, out] = [join(folder, 'lerobot.json'), join(folder, 'script.txt'), join(folder, 'mine.json')];
    writeFileSync(given, JSON.stringify(arm.calibration));
    writeFileSync(script, 'ready\nwait 0.1\nyes\n');
    const { status, stdout } = await armature(
      'calibrate',
      ...so101,
      '--from',
      given,
      '--script',
      script,
      '--out',
      out,
      '--json',
    );
    expect(JSON.parse(stdout)).toEqual({
      robot: 'so101',
      port,
      outcome: 'calibrated',
      file: out,
      previousFile: null,
      calibration: arm.calibration,
    });
    expect([status, JSON.parse(readFileSync(out, 'utf8'))]).toEqual([0, arm.calibration]);
  });

  it('takes words from its input, and ends without a change when that ends', async () => {
    const out = join(folder, 'unchanged.json');
    const child = spawn(
      process.execPath,
      ['--import', 'tsx', 'src/cli/main.ts', 'calibrate', ...so101, '--out', out, '--json'],
      { stdio: 'pipe' },
    );
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (bytes: Buffer) => (stdout += bytes.toString()));
    child.stderr.on('data', (bytes: Buffer) => (stderr += bytes.toString()));
    child.stdin.end('ready\nswept\n');
    const status = await new Promise((resolve) => child.on('close', resolve));
    expect(JSON.parse(stdout)).toEqual({ robot: 'so101', port, outcome: 'unchanged' });
    expect(stderr).toMatch(
      /Torque off[\s\S]*Step 1 of 9: middle pose[\s\S]*! "swept" is no answer here; say middle or quit/,
    );
    expect([status, existsSync(out)]).toEqual([1, false]);
  });
});
