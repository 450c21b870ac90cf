import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { MonotonicClock } from '../../../src/core/clock.ts';
import { readVideo } from '../../../src/record/read-video.ts';
import { CameraHub } from '../../../src/runtime/camera/camera-hub.ts';
import type { RecordedVideo } from '../../../src/runtime/camera/row-recorder.ts';
import { parseCamera } from '../../../src/sensors/camera/camera-address.ts';
import { makeRobot } from '../../../src/testing/index.ts';
import { PATIENCE_MS, expectInOrder, jpegs, levelOf, until } from './test-cameras.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

/*
 * A V4L2 device at the lowest seam: the system calls of the camera process. FFmpeg and all above it are the real ones.
 */
const SOURCE = join(import.meta.dirname, '../../fixtures/v4l2/fake-v4l2.c');
const DEVICE = '/dev/video90';
const clock = new MonotonicClock();
const hasCompiler = process.platform === 'linux' && spawnSync('cc', ['--version']).status === 0;

let control = '';

/** What the device does from now on; see fake-v4l2.c. */
function make(mode: 'run' | 'stalled' | 'frozen' | 'gone'): void {
  writeFileSync(control, mode);
}

beforeEach(() => {
  if (!hasCompiler) return;
  const folder = temporaryFolder();
  const library = join(folder, 'fake-v4l2.so');
  const built = spawnSync('cc', ['-O2', '-Wall', '-Werror', '-shared', '-fPIC', '-o', library, SOURCE, '-ldl']);
  expect(built.stderr.toString()).toBe('');
  control = join(folder, 'control');
  make('run');
  Object.assign(process.env, { LD_PRELOAD: library, FAKE_V4L2_DEVICE: DEVICE, FAKE_V4L2_CONTROL: control });
});

afterEach(() => {
  for (const name of ['LD_PRELOAD', 'FAKE_V4L2_DEVICE', 'FAKE_V4L2_CONTROL', 'FAKE_V4L2_JPEG'])
    delete process.env[name];
});

async function open(options = ''): Promise<CameraHub> {
  const cameras = [parseCamera(`front=${DEVICE}${options}`)];
  const hub = await CameraHub.open({ robot: makeRobot(), cameras, clock });
  onTestFinished(() => hub.close());
  return hub;
}

async function offerJpegs(): Promise<void> {
  const folder = temporaryFolder();
  for (const [level, jpeg] of (await jpegs(640, 480)).entries()) writeFileSync(join(folder, `${level}.jpg`), jpeg);
  process.env['FAKE_V4L2_JPEG'] = folder;
}

async function record(hub: CameraHub, rows: number): Promise<RecordedVideo> {
  await hub.beginEpisode({ directory: temporaryFolder(), fps: 30 });
  for (let row = 0; row < rows; row += 1) {
    await delay(1000 / 30);
    hub.row(row, clock.nowNs());
  }
  return (await hub.endEpisode()).get('front') as RecordedVideo;
}

describe.skipIf(!hasCompiler)('a V4L2 device', { timeout: 2 * PATIENCE_MS }, () => {
  it('delivers YUYV where it has nothing else, in the mode it is asked for, stamped by its driver', async () => {
    const hub = await open(',width=320,height=240,fps=25');
    const stampsNs: number[] = [];
    hub.sources.get('front')?.subscribe({ next: ({ stampNs }) => stampsNs.push(stampNs), error: () => undefined });
    await until(() => stampsNs.length > 20);
    // To the microsecond, as no clock that is asked afterwards would be; pictures may be left out.
    const periodsUs = stampsNs.slice(1).map((stamp, index) => Math.round((stamp - (stampsNs[index] ?? 0)) / 1000));
    expect(periodsUs.every((period) => Math.abs(period - 40_000 * Math.round(period / 40_000)) <= 1)).toBe(true);
    const video = await record(hub, 20);
    expect(video).toMatchObject({ frames: 20, width: 320, height: 240 });
    const frames = await readVideo({ path: video.path, fromTimestampS: 0, frameCount: 20, fps: 30 });
    // Luma 16 + 8 n in the range 16 to 235.
    const counts = frames.map((rgb) => Math.round(((rgb[30_000] ?? 0) * 219) / 255 / 8));
    for (let row = 1; row < 20; row += 1)
      expect((counts[row] ?? 0) === (counts[row - 1] ?? 0)).toBe(video.repeated[row] === 1);
  });

  it('delivers MJPEG where it has it, unless it is asked for the other', async () => {
    await offerJpegs();
    const hub = await open();
    await hub.ready(PATIENCE_MS);
    expect(await record(hub, 5)).toMatchObject({ frames: 5, width: 640, height: 480 });
    const seen = new Set<number>();
    hub.sources.get('front')?.subscribe({ next: ({ rgb }) => seen.add(levelOf(rgb)), error: () => undefined });
    await until(() => seen.size > 10);
    await hub.close();
    const yuyv = await open(',format=yuyv');
    await yuyv.ready(PATIENCE_MS);
    expect(await record(yuyv, 5)).toMatchObject({ frames: 5, width: 640, height: 480 });
  });

  it.each([
    [',width=1280,height=720', /does not have pictures of 1280 x 720, but others: 640 x 480/],
    [',format=mjpeg', /cannot be opened: Invalid argument/],
  ])('that cannot do %s says so', async (options, message) => {
    const hub = await open(options);
    await until(() => message.test(hub.health.get('front')?.problem ?? ''));
  });

  it('is read to the newest picture by a process that was held up: what its driver kept is not shown', async () => {
    const hub = await open();
    await hub.ready(PATIENCE_MS);
    const stampsNs: number[] = [];
    const pid = hub.health.get('front')?.pid as number;
    process.kill(pid, 'SIGSTOP');
    await delay(1000);
    const stoppedAtNs = clock.nowNs() - 1e9;
    hub.sources.get('front')?.subscribe({ next: ({ stampNs }) => stampsNs.push(stampNs), error: () => undefined });
    process.kill(pid, 'SIGCONT');
    await until(() => (stampsNs.at(-1) ?? 0) > stoppedAtNs + 1.5e9);
    // The driver filled all its eight buffers before it lost pictures.
    const kept = stampsNs.filter((stampNs) => stampNs > stoppedAtNs && stampNs < stoppedAtNs + 0.5e9);
    expect(kept.length).toBeLessThan(5);
  });

  it('is lost when it falls silent or is unplugged, frozen when it repeats itself, and found again', async () => {
    const hub = await open();
    const states: string[] = [];
    hub.listen({ onState: ({ state }) => states.push(state) });
    await hub.ready(PATIENCE_MS);
    const becomes = (state: string): Promise<void> => until(() => hub.health.get('front')?.state === state);
    await becomes('ok');
    make('frozen');
    await becomes('frozen');
    make('run');
    await becomes('ok');
    make('stalled');
    await becomes('lost');
    await until(() => hub.health.get('front')?.problem?.includes('silence for 2000 ms') === true);
    make('run');
    await becomes('ok');
    make('gone');
    await becomes('lost');
    await until(() => hub.health.get('front')?.problem?.includes('No such file') === true);
    make('run');
    await becomes('ok');
    expectInOrder(states, ['ok', 'frozen', 'ok', 'lost', 'ok', 'lost', 'ok']);
    expect(hub.health.get('front')?.deaths).toBe(0);
  });
});
