import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { checkDatasetFitsRobot } from '../../src/record/check-fit.ts';
import { DatasetReader } from '../../src/record/dataset-reader.ts';
import { loadRobot } from '../../src/robot/load-robot.ts';
import { recordDemonstrations } from '../../src/runtime/demonstrations.ts';
import type { DemonstrationOptions, DemonstrationSummary } from '../../src/runtime/demonstrations.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const robot = loadRobot('so101');
let folder: string;
let summary: DemonstrationSummary;

function record(name: string, options: Partial<DemonstrationOptions> = {}): Promise<DemonstrationSummary> {
  const plan = { robot: 'so101', tasks: ['reach', 'lift'], episodes: 2, seed: 70, workers: 2, perturbedShare: 0.5 };
  return recordDemonstrations({ ...plan, directory: join(folder, name), ...options });
}

function dataBytes(name: string): Buffer[] {
  const chunk = join(folder, name, 'data', 'chunk-000');
  return readdirSync(chunk).map((file) => readFileSync(join(chunk, file)));
}

beforeAll(async () => {
  folder = temporaryFolder();
  summary = await record('two-workers');
});

describe('recordDemonstrations', () => {
  it('writes a dataset that fits the robot, with a row for every control tick', async () => {
    const dataset = await DatasetReader.open(join(folder, 'two-workers'));
    checkDatasetFitsRobot(dataset.info, robot);
    expect(dataset.info.fps).toBe(robot.rates.controlHz);
    expect(dataset.info.total_episodes).toBe(4);
    expect(dataset.info.total_frames).toBe(summary.frames);
    expect(dataset.tasks.some((task) => task.includes('cube'))).toBe(true);
  });

  it('shows both cameras and says what the expert wanted', async () => {
    const dataset = await DatasetReader.open(join(folder, 'two-workers'));
    const { columns, images } = await dataset.readEpisode(0);
    const frames = images['observation.images.front']?.length ?? 0;
    expect(frames).toBeGreaterThan(3);
    expect(images['observation.images.wrist']).toHaveLength(frames);
    const action = columns['action'] ?? [];
    const command = columns['observation.command'] ?? [];
    expect(action).toHaveLength(6 * frames);
    for (let index = 0; index < action.length; index += 1) {
      expect(Math.abs(Number(action[index]) - Number(command[index]))).toBeLessThan(0.21);
    }
  });

  it('does not depend on the number of workers', async () => {
    await record('one-worker', { workers: 1 });
    expect(dataBytes('one-worker')).toEqual(dataBytes('two-workers'));
  });

  it('lets a policy act while the expert labels', async () => {
    const policy = join(import.meta.dirname, '../fixtures/random-policy');
    const dagger = await record('dagger', { tasks: ['reach'], episodes: 1, policy, policyShare: 1, workers: 1 });
    expect(dagger.episodes).toBe(1);
    const { columns } = await (await DatasetReader.open(join(folder, 'dagger'))).readEpisode(0);
    expect(columns['action.executed']).not.toEqual(columns['action']);
  });

  it('refuses a folder that holds a dataset already', async () => {
    await expect(record('two-workers')).rejects.toThrow('a dataset exists here already');
  });
});
