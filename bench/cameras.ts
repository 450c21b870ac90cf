import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { MonotonicClock, NS_PER_S } from '../src/core/clock.ts';
import { Rng } from '../src/core/rng.ts';
import { writeVideo } from '../src/record/video.ts';
import { CameraHub } from '../src/runtime/camera/camera-hub.ts';
import type { RecordedVideo } from '../src/runtime/camera/row-recorder.ts';
import { RealTimePacer, TimerSleeper } from '../src/runtime/pacer.ts';
import { quantilesMs } from '../src/runtime/statistics.ts';
import type { Quantiles } from '../src/runtime/statistics.ts';
import { pushedCamera } from '../src/sensors/camera/camera-address.ts';
import type { CameraAddress } from '../src/sensors/camera/camera-address.ts';
import { readOptions } from './options.ts';

const { values } = readOptions({
  purpose: `What the cameras cost and whether a row is ever lost.

Rows at 30 Hz are paced in this process as the loop of a live run is; each camera is in a process of its own.`,
  options: {
    cameras: { type: 'string', default: '2,4', value: 'counts', words: 'how many, one case each' },
    seconds: { type: 'string', default: '60', value: 's', words: 'recorded in each case' },
    source: {
      type: 'string',
      default: 'file',
      value: 'name',
      words: 'file: a video, played at its pace in place of a camera; pushed: frames of this process',
    },
    size: { type: 'string', default: '640x480', value: 'pixels', words: 'of a picture' },
    json: { type: 'boolean', default: false, words: 'print one JSON object' },
  },
});

interface Case {
  readonly cameras: number;
  readonly source: string;
  readonly rows: number;
  /** Rows without a picture of their own in one of the videos. */
  readonly lostRows: number;
  /** Rows, over all cameras, that show the picture before: no new one had come, or too many were waiting. */
  readonly repeatedRows: number;
  readonly overrunRows: number;
  readonly lateness: Quantiles;
  readonly mostQueuedRows: number;
  /** Of one core: the processes of the cameras, and this one. */
  readonly cameraCpuPercent: number;
  readonly supervisorCpuPercent: number;
  readonly cameraMemoryMb: number;
  /** From the end of the episode until the next one may begin, s. */
  readonly gapS: number;
  readonly bytesPerFrame: number;
  readonly loadAverage: number;
}

const FPS = 30;
const PICTURES = 60;
const READY_MS = 30_000;
/** Clock ticks of /proc/<pid>/stat; the same on all Linux systems that Node runs on. */
const TICKS_PER_S = 100;
const [width = 640, height = 480] = values.size.split('x').map(Number);
const clock = new MonotonicClock();
const folder = mkdtempSync(join(tmpdir(), 'armature-bench-'));
process.on('exit', () => rmSync(folder, { recursive: true }));
const pictures = drawPictures();
const video = join(folder, 'camera.mp4');
await writeVideo({ path: video, width, height, fps: FPS, frames: pictures });

const cases: Case[] = [];
for (const cameras of values.cameras.split(',').map(Number)) {
  const result = await measure(cameras);
  cases.push(result);
  if (!values.json) print(result);
}
if (values.json) console.log(JSON.stringify({ size: values.size, fps: FPS, seconds: Number(values.seconds), cases }));

/** A gradient that moves, with the noise of a sensor. */
function drawPictures(): Uint8Array[] {
  const rng = new Rng(1);
  return Array.from({ length: PICTURES }, (_, picture) => {
    const rgb = new Uint8Array(width * height * 3);
    for (let pixel = 0; pixel < width * height; pixel += 1) {
      const [x, y] = [pixel % width, Math.floor(pixel / width)];
      const noise = rng.nextUint32();
      rgb[3 * pixel] = ((x + 4 * picture) & 255) * 0.8 + (noise & 15);
      rgb[3 * pixel + 1] = ((y + 2 * picture) & 255) * 0.8 + ((noise >>> 8) & 15);
      rgb[3 * pixel + 2] = ((x + y) & 255) * 0.8 + ((noise >>> 16) & 15);
    }
    return rgb;
  });
}

async function measure(cameras: number): Promise<Case> {
  const names = Array.from({ length: cameras }, (_, camera) => `camera${camera}`);
  const addresses = names.map((name): CameraAddress => {
    return values.source === 'pushed' ? pushedCamera(name) : { name, kind: 'file', location: video };
  });
  const robot = { cameras: names.map((name) => ({ name, width: 64, height: 64, rateHz: FPS, timeoutMs: 200 })) };
  const hub = await CameraHub.open({ robot, cameras: addresses, clock });
  try {
    return await record(hub, names);
  } finally {
    await hub.close();
  }
}

async function record(hub: CameraHub, names: readonly string[]): Promise<Case> {
  const pacer = new RealTimePacer({
    clock,
    periodNs: NS_PER_S / FPS,
    advance: () => undefined,
    sleeper: new TimerSleeper(clock),
  });
  const rows = Math.round(Number(values.seconds) * FPS);
  const push = (picture: number): void => {
    if (values.source !== 'pushed') return;
    const rgb = pictures[picture % PICTURES] as Uint8Array;
    for (const camera of names) hub.push({ camera, width, height, rgb, stampNs: clock.nowNs() });
  };
  push(0);
  await hub.ready(READY_MS);
  const directory = join(folder, 'episode');
  await hub.beginEpisode({ directory, fps: FPS });
  const pids = [...hub.health.values()].flatMap(({ pid }) => pid ?? []);
  const [cameraStartS, ownStart, startNs] = [cpuSeconds(pids), process.cpuUsage(), clock.nowNs()];
  let mostQueuedRows = 0;
  for (let row = 0; row < rows; row += 1) {
    const nowNs = await pacer.nextTick();
    push(row);
    hub.row(row, nowNs);
    mostQueuedRows = Math.max(mostQueuedRows, hub.queueDepth);
  }
  const seconds = (clock.nowNs() - startNs) / NS_PER_S;
  const own = process.cpuUsage(ownStart);
  const cameraCpuS = cpuSeconds(pids) - cameraStartS;
  const cameraMemoryMb = pids.reduce((sum, pid) => sum + residentMb(pid), 0);
  const endNs = clock.nowNs();
  const videos = [...(await hub.endEpisode()).values()];
  await hub.beginEpisode({ directory: join(folder, 'next'), fps: FPS });
  const gapS = (clock.nowNs() - endNs) / NS_PER_S;
  await hub.discardEpisode();
  const sum = (of: (recorded: RecordedVideo) => number): number => videos.reduce((total, each) => total + of(each), 0);
  const bytes = sum(({ path }) => readFileSync(path).length);
  return {
    cameras: names.length,
    source: values.source,
    rows,
    lostRows: rows * names.length - sum(({ frames }) => frames),
    repeatedRows: sum(({ repeated }) => repeated.reduce((total, flag) => total + flag, 0)),
    overrunRows: sum(({ overrunRows }) => overrunRows),
    lateness: quantilesMs([...pacer.latenessNs]),
    mostQueuedRows,
    cameraCpuPercent: (100 * cameraCpuS) / seconds,
    supervisorCpuPercent: (own.user + own.system) / 1e4 / seconds,
    cameraMemoryMb,
    gapS,
    bytesPerFrame: Math.round(bytes / (rows * names.length)),
    loadAverage: loadavg()[0] ?? NaN,
  };
}

/** User and system time of processes, s. */
function cpuSeconds(pids: readonly number[]): number {
  const ticks = pids.map((pid) => {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ');
    return Number(fields[11]) + Number(fields[12]);
  });
  return ticks.reduce((total, each) => total + each, 0) / TICKS_PER_S;
}

/** Memory that a process shares with no other, MB. */
function residentMb(pid: number): number {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const kilobytes = [...text.matchAll(/^Private_\w+: +(\d+) kB/gm)].map((match) => Number(match[1]));
  return kilobytes.reduce((total, each) => total + each, 0) / 1024;
}

function print(result: Case): void {
  const { lateness } = result;
  console.log(`${result.cameras} cameras of ${values.size} at ${FPS} fps (${result.source}), ${result.rows} rows`);
  console.log(`  lost rows ${result.lostRows}, repeated ${result.repeatedRows}, overrun ${result.overrunRows}`);
  console.log(`  queue     at most ${result.mostQueuedRows} rows; gap between episodes ${result.gapS.toFixed(2)} s`);
  console.log(
    `  lateness  p50 ${lateness.p50.toFixed(2)}  p99 ${lateness.p99.toFixed(2)}  most ${lateness.max.toFixed(2)} ms`,
  );
  console.log(
    `  CPU       cameras ${result.cameraCpuPercent.toFixed(0)} %, this process ${result.supervisorCpuPercent.toFixed(0)} % of one core; load average ${result.loadAverage.toFixed(1)}`,
  );
  console.log(
    `  memory    ${result.cameraMemoryMb.toFixed(0)} MB in the processes of the cameras; ${result.bytesPerFrame} bytes a frame`,
  );
}
