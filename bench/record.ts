import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { MonotonicClock, NS_PER_S } from '../src/core/clock.ts';
import { Rng } from '../src/core/rng.ts';
import { DatasetReader } from '../src/record/dataset-reader.ts';
import { EpisodeVideo } from '../src/record/video.ts';
import { loadRobot } from '../src/robot/load-robot.ts';
import type { RobotSpec } from '../src/robot/robot-spec.ts';
import { RecordingSession } from '../src/runtime/recording/recording-session.ts';
import { Studio } from '../src/runtime/recording/studio.ts';
import { SimulatedTask } from '../src/runtime/simulated-task.ts';
import { resolveTask } from '../src/runtime/task-request.ts';
import { parseCameras } from '../src/sensors/camera/camera-address.ts';
import { ScriptedAgent } from '../src/testing/index.ts';
import { EpisodeGaps } from './recording/episode-gaps.ts';
import { cpuSecondsOfTree } from './recording/process-tree.ts';
import { readOptions } from './options.ts';

const { values } = readOptions({
  purpose: 'What recording costs and loses: cameras of 640 x 480 at 30 Hz, a 6-joint arm at 30 Hz.',
  options: {
    seconds: { type: 'string', default: '60', value: 's', words: 'recorded in all, in two episodes' },
    cameras: { type: 'string', default: '2,4', value: 'counts', words: 'how many, one case each' },
    lerobot: {
      type: 'string',
      value: 'python',
      words: 'one that has lerobot of PyPI: its writer gets the same frames',
    },
    json: { type: 'boolean', default: false, words: 'print one JSON object' },
  },
});

const SIZE = { width: 640, height: 480 };
const CAMERA_HZ = 30;
const CONTROL_HZ = 30;
const GATE_HZ = 120;
const EPISODES = 2;
/** Of the film the cameras show again and again, s. */
const FILM_S = 4;

interface Case {
  readonly cameras: number;
  readonly rows: number;
  readonly lostRows: number;
  readonly lostFrames: number;
  /** Rows that show the picture of the row before. */
  readonly repeatedFrames: number;
  readonly latenessP99Ms: number;
  /** Of one core; all processes together. */
  readonly cpuPercent: number;
  /** From the end of an episode until the next one records, s. */
  readonly gapS: number;
}

/** LeRobot's writer alone: no arm and no camera beside it. */
interface LerobotCase extends Omit<Case, 'repeatedFrames'> {
  /** Encodes while it records; otherwise between episodes. */
  readonly streaming: boolean;
}

const folder = mkdtempSync(join(tmpdir(), 'armature-bench-'));
const cases: Case[] = [];
const lerobot: LerobotCase[] = [];
try {
  const film = await makeFilm(join(folder, 'film.mp4'));
  for (const count of values.cameras.split(',').map(Number)) {
    cases.push(await record(count, film, join(folder, `${count}-cameras`)));
    if (!values.json) console.log(lineOf(cases.at(-1) as Case));
    for (const streaming of values.lerobot === undefined ? [] : [false, true]) {
      lerobot.push(await recordWithLerobot(count, film, streaming));
      if (!values.json) console.log(lerobotLineOf(lerobot.at(-1) as LerobotCase));
    }
  }
} finally {
  rmSync(folder, { recursive: true });
}
if (values.json) console.log(JSON.stringify({ cases, lerobot: values.lerobot === undefined ? null : lerobot }));

/** Squares that wander over noise, which is harder to encode than most desks. */
async function makeFilm(path: string): Promise<string> {
  const { width, height } = SIZE;
  const rng = new Rng(1);
  const noise = Uint8Array.from({ length: 3 * width * height }, () => 100 + Math.floor(rng.uniform(0, 24)));
  const video = await EpisodeVideo.open({ path, ...SIZE, fps: CAMERA_HZ });
  for (let frame = 0; frame < FILM_S * CAMERA_HZ; frame += 1) {
    const rgb = noise.slice();
    for (let square = 0; square < 6; square += 1) {
      const left = Math.floor((width - 80) * (0.5 + 0.5 * Math.sin(frame / 19 + square)));
      const top = Math.floor((height - 80) * (0.5 + 0.5 * Math.cos(frame / 13 + 2 * square)));
      for (let y = top; y < top + 80; y += 1)
        rgb.fill(40 * square, 3 * (y * width + left), 3 * (y * width + left + 80));
    }
    await video.add(rgb);
  }
  await video.finish();
  return path;
}

async function record(cameras: number, film: string, directory: string): Promise<Case> {
  const robot = atBenchRates(loadRobot('so101'));
  const request = resolveTask('wave at the audience', 'reach');
  const names = Array.from({ length: cameras }, (_, index) => robot.cameras[index]?.name ?? `extra_${index}`);
  const addresses = parseCameras(names.map((name) => `${name}=file:${film},width=640,height=480,fps=${CAMERA_HZ}`));
  const clock = new MonotonicClock();
  const studio = await Studio.open({
    directory,
    robot,
    resume: false,
    video: true,
    cameras: addresses,
    clock,
    hasScene: false,
  });
  const task = await SimulatedTask.load(robot, request.task);
  const gaps = new EpisodeGaps();
  const lateness: number[] = [];
  const session = new RecordingSession({
    place: task.through('mirror'),
    request,
    writer: studio.writer,
    episodes: EPISODES,
    seed: 0,
    timeLimitS: Number(values.seconds) / EPISODES,
    agent: () => new ScriptedAgent(({ timeNs }) => robot.homeRad.map((home) => home + 0.2 * Math.sin(timeNs / 4e8))),
    keep: (seed) => studio.keep(seed),
    cameras: studio.sources,
    listeners: [gaps],
    events: { onSaved: (_, { result }) => lateness.push(result.latenessMs.p99) },
    signal: new AbortController().signal,
  });
  const [beginNs, beginCpuS] = [clock.nowNs(), cpuSecondsOfTree(process.pid)];
  await session.run();
  const [durationS, cpuS] = [(clock.nowNs() - beginNs) / NS_PER_S, cpuSecondsOfTree(process.pid) - beginCpuS];
  await task.close();
  await studio.close();
  return {
    cameras,
    ...(await countLosses(directory)),
    latenessP99Ms: Math.max(...lateness),
    cpuPercent: (100 * cpuS) / durationS,
    gapS: gaps.longestGapS,
  };
}

function atBenchRates(robot: RobotSpec): RobotSpec {
  return { ...robot, rates: { ...robot.rates, controlHz: CONTROL_HZ, gateHz: GATE_HZ, stateHz: GATE_HZ } };
}

async function countLosses(
  directory: string,
): Promise<Pick<Case, 'rows' | 'lostRows' | 'lostFrames' | 'repeatedFrames'>> {
  const reader = await DatasetReader.open(directory);
  let [rows, lostRows, lostFrames, repeatedFrames] = [0, 0, 0, 0];
  for (const { episodeIndex, length, videos } of reader.episodes) {
    const { columns } = await reader.readEpisode(episodeIndex, ['observation.time', 'observation.repeated']);
    const times = Array.from(columns['observation.time'] ?? [], Number);
    rows += length;
    // Ticks that were left out show as steps of two periods and more.
    lostRows += times
      .slice(1)
      .reduce((sum, time, index) => sum + Math.round((time - (times[index] ?? 0)) * CONTROL_HZ) - 1, 0);
    repeatedFrames += Array.from(columns['observation.repeated'] ?? [], Number).reduce((sum, value) => sum + value, 0);
    for (const name of Object.keys(videos)) {
      lostFrames += length - (await reader.readPictures(episodeIndex, name)).length;
    }
  }
  return { rows, lostRows, lostFrames, repeatedFrames };
}

function lineOf({
  cameras,
  rows,
  lostRows,
  lostFrames,
  repeatedFrames,
  latenessP99Ms,
  cpuPercent,
  gapS,
}: Case): string {
  return `${cameras} cameras: ${rows} rows, ${lostRows} lost; ${lostFrames} frames lost, ${repeatedFrames} repeated; loop ${latenessP99Ms.toFixed(2)} ms late (p99); ${cpuPercent.toFixed(0)} % of a core; ${gapS.toFixed(2)} s between episodes`;
}

async function recordWithLerobot(cameras: number, film: string, streaming: boolean): Promise<LerobotCase> {
  const script = fileURLToPath(new URL('recording/lerobot_writer.py', import.meta.url));
  const words = [
    film,
    join(folder, `lerobot-${cameras}-${streaming ? 'streaming' : 'after'}`),
    '--cameras',
    String(cameras),
  ];
  words.push('--seconds', values.seconds, '--episodes', String(EPISODES), '--streaming', streaming ? '1' : '0');
  const { stdout } = await promisify(execFile)(values.lerobot ?? 'python3', [script, ...words], { maxBuffer: 1e8 });
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as LerobotCase;
}

function lerobotLineOf({
  cameras,
  streaming,
  rows,
  lostRows,
  lostFrames,
  latenessP99Ms,
  cpuPercent,
  gapS,
}: LerobotCase): string {
  const how = streaming ? 'encoding meanwhile' : 'encoding afterwards';
  return `LeRobot, ${how}, ${cameras} cameras: ${rows} rows, ${lostRows} lost; ${lostFrames} frames lost; loop ${latenessP99Ms.toFixed(2)} ms late (p99); ${cpuPercent.toFixed(0)} % of a core; ${gapS.toFixed(2)} s between episodes`;
}
