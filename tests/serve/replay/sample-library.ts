import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { blackBoxLines } from '../../../src/record/black-box-format.ts';
import type { BlackBoxPicture, BlackBoxTick } from '../../../src/record/black-box-format.ts';
import type { KnownRobots } from '../../../src/serve/replay/known-robot.ts';
import { makeRobot } from '../../../src/testing/index.ts';
import { fixture } from '../../record/sample-dataset.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

export const UNKNOWN_ROBOTS: KnownRobots = {
  robot: () => undefined,
  scene: () => Promise.reject(new Error('no scene')),
  strips: () => undefined,
};

export const EVALUATION = {
  suite: 'desk',
  policy: 'desk',
  agent: 'policy',
  precision: 'int8',
  safetyMask: true,
  conditions: { shifted: true, paraphrased: false },
  seed: 7,
  tasks: [
    {
      task: 'lift',
      episodes: 4,
      successes: 3,
      successRate: 0.75,
      ci95: [0.3, 0.95],
      failures: { dropped: 1 },
      wrongObjects: 0,
      wrongObjectRate: 0,
    },
  ],
  meanSuccessRate: 0.75,
  tick: { p50Ms: 2, p99Ms: 3 },
};

const CLIP = { task: 'lift', seed: 7, phase: 'dropped', instruction: 'lift it', command: 'armature eval' };

/** A tick of a robot with two joints at 100 Hz. */
export function sampleTick(index: number, changes: Partial<BlackBoxTick> = {}): BlackBoxTick {
  const positions = [index / 100, -index / 100];
  return {
    tick: index,
    timeNs: 1e7 * index,
    stepNs: index === 0 ? Number.NaN : 1e7,
    imposed: undefined,
    target: {
      positionsRad: [0.5, Number.NaN],
      createdNs: 1,
      observedNs: 1e7 * Math.max(0, index - 1),
      isPlanned: true,
    },
    measured: {
      positionsRad: positions,
      velocitiesRadPerS: [0, 0],
      effortsNm: { length: -1 },
      stampNs: 0,
      ageNs: 2e6,
      fresh: true,
    },
    health: null,
    cameraAgesNs: [],
    actionTokens: null,
    previousRad: positions,
    emittedRad: positions,
    sentRad: positions,
    reasons: index < 3 ? [] : ['stale-target'],
    state: index < 3 ? 'active' : 'stopping',
    ...changes,
  };
}

export function sampleBlackBox(ticks: readonly BlackBoxTick[], pictures: readonly BlackBoxPicture[] = []): string {
  const { directory: _, ...robot } = makeRobot();
  const header = {
    cause: 'stale-target',
    writtenAt: '2026-01-02T03:04:05.000Z',
    armature: '0.1.0',
    node: '20.19.0',
    platform: 'linux x64',
    robot,
    start: null,
  };
  return [...blackBoxLines(header, ticks, pictures)].join('');
}

/** A folder with something of every kind, whole and damaged. */
export function sampleLibrary(): string {
  const folder = temporaryFolder();
  cpSync(fixture('ref_v3_image_dtype'), join(folder, 'data/pictures'), { recursive: true });
  cpSync(fixture('ref_v3_by_lerobot_0.6.2'), join(folder, 'data/videos'), { recursive: true });
  cpSync(fixture('ref_v21_by_lerobot_0.3.3'), join(folder, 'data/old'), { recursive: true });
  cpSync(fixture('crashed_by_lerobot_0.6.1'), join(folder, 'data/crashed'), { recursive: true });
  const write = (path: string, content: string): void => {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), content);
  };
  const box = sampleBlackBox(Array.from({ length: 6 }, (_, index) => sampleTick(index)));
  write('runs/box.jsonl', box);
  write('runs/cut.jsonl', box.slice(0, -100));
  write('runs/changed.jsonl', box.replace('"tick":2', '"tick":9'));
  write('runs/newer.jsonl', box.replace('"version":3', '"version":4'));
  write('runs/loss.jsonl', '{"step": 1}\n');
  write('runs/notes.json', '{"a": 1}');
  write('runs/half.json', '{"suite": "des');
  write('runs/eval.json', JSON.stringify(EVALUATION));
  write('runs/other-eval.json', JSON.stringify({ ...EVALUATION, tasks: 'many' }));
  const clips = [
    { ...CLIP, path: 'dropped/lift-7.mp4' },
    { ...CLIP, path: '../../runs/notes.json' },
  ];
  write('clips/evaluation.json', JSON.stringify({ ...EVALUATION, clips }));
  write('clips/index.html', '');
  write('clips/dropped/lift-7.mp4', 'the film');
  write('films/index.html', '');
  write('films/not-in-time/bin-8.mp4', 'another film');
  return folder;
}
