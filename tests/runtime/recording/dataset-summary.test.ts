import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DatasetReader } from '../../../src/record/dataset-reader.ts';
import { DatasetWriter } from '../../../src/record/dataset-writer.ts';
import type { Features } from '../../../src/record/format.ts';
import { summariseDataset } from '../../../src/runtime/recording/dataset-summary.ts';
import { fixture } from '../../record/sample-dataset.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const joints = { dtype: 'float32', shape: [2], names: ['pan.pos', 'grip.pos'], info: { unit: 'rad' } } as const;
const FEATURES: Features = {
  action: joints,
  'action.requested': joints,
  'observation.state': joints,
  intervention: { dtype: 'float32', shape: [1] },
  'observation.time': { dtype: 'float32', shape: [1], info: { unit: 's' } },
  'observation.capture_time': { dtype: 'float32', shape: [2], names: ['arm', 'front'], info: { unit: 's' } },
  'observation.repeated': { dtype: 'float32', shape: [1], names: ['front'] },
  'next.success': { dtype: 'float32', shape: [1] },
};

/** Two episodes of 4 rows at 10 Hz: the second is 20 ms late from its third row on. */
async function recorded(): Promise<DatasetReader> {
  const directory = temporaryFolder();
  const writer = await DatasetWriter.create({ directory, fps: 10, robotType: 'arm', features: FEATURES });
  for (const episode of [0, 1]) {
    const time = [0, 0.1, 0.2, 0.3].map((timeS, row) => timeS + (episode === 1 && row >= 2 ? 0.02 : 0));
    await writer.saveEpisode({
      task: episode === 0 ? 'reach' : 'push',
      frames: {
        action: [0, 1, 2, 3].flatMap((value) => [value, 0]),
        'action.requested': [0, 1, 2.5, 3].flatMap((value) => [value, 0]),
        // A row later the first joint is 0.25 short of where it was sent.
        'observation.state': [0, -0.25, 0.75, 1.75].flatMap((value) => [value, 0]),
        intervention: [0, episode, 0, 0],
        'observation.time': time,
        'observation.capture_time': time.flatMap((timeS, row) => [timeS - 0.01, row === 0 ? -1 : timeS - 0.03]),
        'observation.repeated': [0, 0, 1, 0],
        'next.success': [0, 0, 0, episode],
      },
    });
  }
  return DatasetReader.open(directory);
}

describe('the summary of a recording', () => {
  it('says how it went', async () => {
    const summary = await summariseDataset(await recorded());
    expect(summary).toMatchObject({ episodes: 2, frames: 8, durationS: 0.8, robotType: 'arm', succeeded: 1 });
    expect(summary.tasks).toEqual([
      { task: 'reach', episodes: 1, frames: 4 },
      { task: 'push', episodes: 1, frames: 4 },
    ]);
    expect(summary.latenessMs?.median).toBeCloseTo(0, 3);
    expect(summary.latenessMs?.max).toBeCloseTo(20, 3);
    expect(summary.periodMs?.max).toBeCloseTo(120, 3);
    expect(summary.ages?.map(({ source, rowsWithout }) => [source, rowsWithout])).toEqual([
      ['arm', 0],
      ['front', 2],
    ]);
    expect(summary.ages?.map(({ ageMs }) => Math.round(ageMs?.p99 ?? 0))).toEqual([10, 30]);
    expect(summary.repeatedPictures).toEqual({ front: 2 });
    expect(summary.interventionShare).toBe(1 / 8);
    expect(summary.requested).toEqual({ differingShare: 1 / 4, largest: { pan: 0.5, grip: 0 } });
    expect(summary.tracking).toEqual([
      { joint: 'pan', rms: 0.25, p99: 0.25, max: 0.25 },
      { joint: 'grip', rms: 0, p99: 0, max: 0 },
    ]);
  });

  it('says of one by LeRobot what there is to say', async () => {
    const reader = await DatasetReader.open(fixture('ref_v3_by_lerobot_0.6.2'));
    const summary = await summariseDataset(reader);
    expect(summary).toMatchObject({
      episodes: 3,
      frames: 36,
      latenessMs: null,
      ages: null,
      requested: null,
      succeeded: null,
    });
    expect(summary.lengths).toEqual({ shortestS: 0.3, medianS: 0.4, longestS: 0.5 });
    expect(summary.tracking).toHaveLength(6);
    expect(summary.sizes.videoBytes).toBeGreaterThan(0);
    expect(summary.directory).toBe(join(fixture('ref_v3_by_lerobot_0.6.2')));
  });
});
