import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stageCalibration } from '../../src/calibration/save-calibration.ts';
import { loadRobot } from '../../src/robot/load-robot.ts';
import { EpisodeRecorder } from '../../src/runtime/episode-recorder.ts';
import { openRecording } from '../../src/runtime/recording/open-dataset.ts';
import { recordingFeatures } from '../../src/runtime/recording/recorded-features.ts';
import { RecordingSession } from '../../src/runtime/recording/recording-session.ts';
import { SimulatedTask } from '../../src/runtime/simulated-task.ts';
import { resolveTask } from '../../src/runtime/task-request.ts';
import { ScriptedAgent, startServoBus } from '../../src/testing/index.ts';
import type { EmulatedServoBus } from '../../src/testing/index.ts';
import { armature } from './armature.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const PATIENCE_MS = 120_000;
const robot = loadRobot('so101');
const blind = { ...robot, cameras: [] };
let directory: string;
let bus: EmulatedServoBus;
let arm: readonly string[];

/** Half a second of the first joint going aside, of any arm. */
async function recordSwaying(dataset: string): Promise<void> {
  const task = await SimulatedTask.load(robot, resolveTask('reach').task, { cameras: false });
  const features = recordingFeatures(robot, { cameras: [] });
  const writer = await openRecording(dataset, robot, { features, resume: false });
  const session = new RecordingSession({
    place: task.through('mirror'),
    request: resolveTask('wave', 'reach'),
    mode: 'lockstep',
    writer,
    episodes: 1,
    seed: 1,
    timeLimitS: 0.5,
    agent: () => new ScriptedAgent(() => robot.homeRad.map((home, joint) => (joint === 0 ? home + 0.4 : home))),
    keep: () => Promise.resolve(new EpisodeRecorder(blind)),
    signal: new AbortController().signal,
  });
  await session.run();
  await writer.close();
  task.dispose();
}

beforeAll(async () => {
  directory = temporaryFolder();
  bus = await startServoBus({ robot, link: join(directory, 'arm'), seed: 5 });
  const calibration = join(directory, 'arm.json');
  stageCalibration(calibration, bus.calibration).commit();
  arm = ['--robot', 'so101', '--driver', 'serial', '--port', bus.path, '--calibration', calibration];
  await recordSwaying(join(directory, 'data'));
}, PATIENCE_MS);
afterAll(async () => {
  await bus.close();
});

describe('the verbs with a real arm', { timeout: PATIENCE_MS }, () => {
  it('move nothing before somebody agrees', async () => {
    const before = (await bus.state()).positionsRad;
    const { status, stdout, stderr } = await armature('replay', join(directory, 'data'), ...arm, '--json');
    expect([status, JSON.parse(stdout)]).toMatchObject([1, { error: { code: 'E_NO_CONSENT' } }]);
    // Servos from a shop hold other settings: what was written is said, once.
    expect(stderr).toMatch(
      /motors of robot "so101" held other settings.*\n(.*\n)* {2}gripper: Protection_Current \d+ -> 250\n/,
    );
    const { positionsRad, hasTorque } = await bus.state();
    expect(hasTorque).not.toContain(true);
    positionsRad.forEach((rad, joint) => expect(rad).toBeCloseTo(before[joint] ?? NaN, 2));
  });

  it('replay through the gate, and leave the arm at rest without torque', async () => {
    const { status, stdout, stderr } = await armature('replay', join(directory, 'data'), ...arm, '--yes', '--json');
    expect([status, stderr]).toEqual([0, expect.stringContaining('rest pose')]);
    const connection = { changed: [], notes: [] };
    expect(JSON.parse(stdout)).toMatchObject({ outcome: 'ended', success: null, mode: 'live', rows: 10, connection });
    const { positionsRad, hasTorque } = await bus.state();
    expect(hasTorque).not.toContain(true);
    // At the end of its range a joint is kept off the limit by the margin of the gate.
    positionsRad.forEach((rad, joint) => expect(Math.abs(rad - (robot.restRad[joint] ?? NaN))).toBeLessThan(0.1));
  });

  it('rest takes an arm that stands anywhere to its rest pose', async () => {
    bus.control({ kind: 'move', positionsRad: robot.homeRad });
    bus.control({ kind: 'let-go' });
    const { status } = await armature('rest', ...arm, '--yes');
    expect(status).toBe(0);
    const { positionsRad, hasTorque } = await bus.state();
    expect(hasTorque).not.toContain(true);
    positionsRad.forEach((rad, joint) => expect(Math.abs(rad - (robot.restRad[joint] ?? NaN))).toBeLessThan(0.1));
  });

  it('name what is missing: the port, the cameras a policy needs, a scene that is not there', async () => {
    const codeOf = async (...words: string[]): Promise<unknown> => {
      const { stdout } = await armature(...words, '--json');
      return (JSON.parse(stdout) as { error: { code: unknown } }).error.code;
    };
    const policy = ['--policy', 'tests/fixtures/random-policy', '--task', 'lift the blue cube'];
    expect(await codeOf('run', ...arm, ...policy, '--yes')).toBe('E_CAMERA');
    expect(await codeOf('run', ...arm, ...policy, '--scene', 'lift')).toBe('E_INSTRUCTION');
    const noPort = ['--robot', 'so101', '--driver', 'serial', '--yes'];
    expect(await codeOf('replay', join(directory, 'data'), ...noPort)).toBe('E_PORT_MISSING');
  });
});
