import { describe, expect, it } from 'vitest';
import { parseBlackBox } from '../../../src/record/black-box-format.ts';
import { DatasetReader } from '../../../src/record/dataset-reader.ts';
import { EpisodePictures, picturesOf } from '../../../src/record/episode-pictures.ts';
import type { TokenStripReader } from '../../../src/runtime/token-strip.ts';
import { loadPolicy } from '../../../src/policy/load-policy.ts';
import { readBlackBoxTrack } from '../../../src/serve/replay/black-box-track.ts';
import type { KnownRobots } from '../../../src/serve/replay/known-robot.ts';
import { recordingDecisions } from '../../../src/serve/replay/recording-decisions.ts';
import { readRecordingTrack } from '../../../src/serve/replay/recording-track.ts';
import { trackMessage } from '../../../src/serve/replay/replay-messages.ts';
import { makeRobot } from '../../../src/testing/index.ts';
import { fixture } from '../../record/sample-dataset.ts';
import { sampleBlackBox, sampleTick, UNKNOWN_ROBOTS } from './sample-library.ts';

const robot = makeRobot();
const scene = { bodies: [], geoms: [] };
const { layout } = loadPolicy('desk');

function box(
  changes: (index: number) => Parameters<typeof sampleTick>[1] = () => ({}),
): ReturnType<typeof parseBlackBox> {
  const ticks = Array.from({ length: 6 }, (_, index) => sampleTick(index, changes(index)));
  return parseBlackBox(sampleBlackBox(ticks), 'box.jsonl');
}

describe('the track of a black box', () => {
  it('tells positions, limits, the gate and its ages; what is no number is nothing', async () => {
    const track = trackMessage.parse(await readBlackBoxTrack(box(), 'box.jsonl', UNKNOWN_ROBOTS));
    expect(track.timesS).toEqual([0, 0.01, 0.02, 0.03, 0.04, 0.05]);
    expect(track.joints.map(({ name }) => name)).toEqual(robot.joints.map(({ name }) => name));
    expect(track.joints[0]).toMatchObject({ low: robot.joints[0]?.limits.positionRad[0] });
    expect(track.measured[0]).toEqual([0, 0.01, 0.02, 0.03, 0.04, 0.05]);
    expect(track.requested).toEqual([
      [0.5, 0.5, 0.5, 0.5, 0.5, 0.5],
      [null, null, null, null, null, null],
    ]);
    expect(track.lanes.map(({ name }) => name)).toEqual(['gate', 'stale-target']);
    expect(track.lanes[1]?.spans).toEqual([{ fromRow: 3, toRow: 5, text: 'stale-target' }]);
    expect(track.series.find(({ name }) => name === 'age of the joint state')?.values).toEqual([2, 2, 2, 2, 2, 2]);
    expect(track.series.map(({ name }) => name).join()).not.toContain('effort');
    expect(track.scene).toBeNull();
    expect(track.withoutScene).toContain(`No robot "${robot.name}"`);
    expect(track.aboutDecisions).toContain('No decision of tokens');
  });

  it('reads each decision on what it was made on, and says which joints had no time left', async () => {
    const seen: number[] = [];
    const reader = {
      layout,
      read: ({ tick }: { tick: number }, { trace }: { trace: { actionTokens: readonly number[] } }) => {
        seen.push(tick);
        const actions = trace.actionTokens.map((id, joint) => ({
          joint: `j${joint}`,
          id,
          probability: 0,
          isMasked: false,
        }));
        return { tick, words: [], images: [], states: [{ name: 'positions', ids: [1, 2] }], actions };
      },
    } as unknown as TokenStripReader;
    const robots: KnownRobots = {
      robot: () => robot,
      scene: () => Promise.resolve(scene),
      strips: (_, tokens) => (tokens === 2 ? { policy: 'p', reader } : undefined),
    };
    const file = box((index) => ({
      ...(index === 4 ? { actionTokens: [7, 8], keptJoints: 1 } : {}),
      measured: { ...sampleTick(index).measured, effortsNm: [0, 0] },
    }));
    const track = trackMessage.parse(await readBlackBoxTrack(file, 'box.jsonl', robots));
    expect(seen).toEqual([3]);
    expect(track.decisions).toMatchObject([
      {
        row: 4,
        actions: [
          { id: 7, probability: null, isKept: false },
          { id: 8, isKept: true },
        ],
      },
    ]);
    expect(track.lanes.at(-1)?.name).toBe('decision cut by its deadline');
    expect(track.scene).toEqual({ kind: 'scene', ...scene });
  });
});

describe('what a black box was told and saw', () => {
  const png = 'aGVsbG8=';
  const told = Array.from({ length: 6 }, (_, index) =>
    sampleTick(index, index === 0 ? { instruction: 'lift it' } : index === 4 ? { instruction: 'drop it' } : {}),
  );
  const pictures = [
    { camera: 'front', timeNs: 0, width: 4, height: 2, png },
    { camera: 'front', timeNs: 2.5e7, width: 4, height: 2, png },
  ];

  it('is shown at its row, and as a line of its own where the words changed', async () => {
    const file = parseBlackBox(sampleBlackBox(told, pictures), 'box.jsonl');
    const track = trackMessage.parse(await readBlackBoxTrack(file, 'box.jsonl', UNKNOWN_ROBOTS));
    expect(track.instruction).toBe('lift it, then drop it');
    expect(track.lanes.at(-1)).toMatchObject({
      name: 'told',
      spans: [
        { fromRow: 0, toRow: 3, text: 'lift it' },
        { fromRow: 4, toRow: 5, text: 'drop it' },
      ],
    });
    expect(track.cameras).toEqual([{ name: 'front', width: 4, height: 2 }]);
    expect(track.stills.map(({ row, camera }) => [row, camera])).toEqual([
      [0, 'front'],
      [2, 'front'],
    ]);
  });
});

describe('the tokens of an episode', () => {
  const joints = robot.joints.length;
  const knowing = (reader: TokenStripReader): KnownRobots => ({
    ...UNKNOWN_ROBOTS,
    strips: () => ({ policy: 'p', reader }),
  });
  const rows = {
    fps: 20,
    tasks: ['lift it', 'lift it'],
    measured: new Float32Array(2 * joints),
    velocity: new Float32Array(2 * joints),
    effort: new Float32Array(2 * joints),
    sent: Float32Array.from({ length: 2 * joints }, (_, index) => index),
    requested: Float32Array.from({ length: 2 * joints }, (_, index) => 10 + index),
  };

  it('are computed from what was asked for, on the command of the row before', () => {
    const asked: unknown[] = [];
    const reader = {
      layout,
      actionTokens: (target: Float64Array, command: Float64Array) => {
        asked.push([target[0], command[0]]);
        return [1];
      },
      read: ({ instruction }: { instruction: string }) => ({
        words: [{ word: instruction, isKnown: true }],
        images: [],
        states: [],
        actions: [{ joint: 'j', id: 1 }],
      }),
    } as unknown as TokenStripReader;
    const { decisions, aboutDecisions } = recordingDecisions(rows, robot, knowing(reader));
    expect(asked).toEqual([
      [10, 0],
      [10 + joints, 0],
    ]);
    expect(decisions.map(({ row, words }) => [row, words[0]?.word])).toEqual([
      [0, 'lift it'],
      [1, 'lift it'],
    ]);
    expect(aboutDecisions).toContain('Computed from what was recorded');
  });

  it('are not where the robot, a policy, or what the policy is told is missing, and that is said', () => {
    const reader = { layout } as unknown as TokenStripReader;
    const about = (changes: Partial<typeof rows>): ReturnType<typeof recordingDecisions> =>
      recordingDecisions({ ...rows, ...changes }, robot, knowing(reader));
    expect(recordingDecisions(rows, undefined, knowing(reader)).aboutDecisions).toContain('of this robot no policy');
    expect(recordingDecisions(rows, robot, UNKNOWN_ROBOTS).aboutDecisions).toContain('--policy');
    expect(about({ measured: new Float32Array(1) })).toEqual({
      decisions: [],
      aboutDecisions: 'Policy p is told positions, which were not recorded.',
    });
    expect(about({ requested: new Float32Array(1) }).aboutDecisions).toContain('asked for');
  });
});

describe('the track of an episode', () => {
  it("reads LeRobot's recordings, without a robot that is known here", async () => {
    const reader = await DatasetReader.open(fixture('ref_v3_by_lerobot_0.6.2'));
    const track = trackMessage.parse(await readRecordingTrack(reader, 1, UNKNOWN_ROBOTS));
    const rows = reader.episodes[1]?.length ?? 0;
    expect(track.timesS).toHaveLength(rows);
    expect(track.joints).toHaveLength(6);
    expect(track.measured.map(({ length }) => length)).toEqual(Array.from({ length: 6 }, () => rows));
    expect(track.requested).toEqual([]);
    expect(track.cameras.map(({ name }) => name)).toEqual(['front']);
    expect(track.scene).toBeNull();
    expect(track.withoutScene).not.toBe('');
    await expect(readRecordingTrack(reader, 99, UNKNOWN_ROBOTS)).rejects.toThrow(/E_UNKNOWN_EPISODE/);
  });
});

describe('EpisodePictures', () => {
  it('gives single frames of a video, the same as reading the episode through', async () => {
    const reader = await DatasetReader.open(fixture('ref_v3_by_lerobot_0.6.2'));
    const pictures = new EpisodePictures(reader);
    const [camera] = picturesOf(reader);
    if (camera === undefined) throw new Error('no camera');
    // Asked for at the same time and out of order.
    const files = await Promise.all([5, 0, 3].map((frame) => pictures.read(1, camera, frame)));
    const alone = new EpisodePictures(reader);
    for (const [index, frame] of [5, 0, 3].entries()) {
      const { type, bytes } = await alone.read(1, camera, frame);
      expect(type).toBe('image/jpeg');
      expect(Buffer.from(bytes).equals(Buffer.from(files[index]?.bytes ?? []))).toBe(true);
    }
    await expect(pictures.read(1, camera, 99)).rejects.toThrow(/E_UNKNOWN_FRAME/);
    await expect(pictures.read(9, camera, 0)).rejects.toThrow(/E_UNKNOWN_FRAME/);
    await pictures.close();
    await alone.close();
  });

  it('gives stored pictures as they are', async () => {
    const reader = await DatasetReader.open(fixture('ref_v3_image_dtype'));
    const [camera] = picturesOf(reader);
    if (camera === undefined) throw new Error('no camera');
    const { images } = await reader.readEpisode(0, [camera.feature]);
    const file = await new EpisodePictures(reader).read(0, camera, 1);
    expect(file.type).toBe('image/png');
    expect(Buffer.from(file.bytes).equals(Buffer.from(images[camera.feature]?.[1] ?? []))).toBe(true);
  });
});
