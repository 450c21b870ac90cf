import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DatasetReader } from '../../src/record/dataset-reader.ts';
import { armature, interruptedArmature } from './armature.ts';
import type { Outcome } from './armature.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const PATIENCE_MS = 120_000;
const folder = temporaryFolder();

const record = (out: string, ...words: string[]): Promise<Outcome> =>
  armature('record', '--robot', 'so101', '--teleop', 'expert', '--task', 'reach', '--out', out, ...words);

interface Saved {
  readonly dataset: string;
  readonly totalEpisodes: number;
  readonly saved: readonly { readonly episode: number; readonly rows: number; readonly instruction: string }[];
}

describe('armature record and replay', { timeout: PATIENCE_MS }, () => {
  it('records what an expert does in real time, goes on later, and replays it to a success', async () => {
    const out = join(folder, 'reach');
    const first = await record(out, '--episodes', '1', '--json');
    expect(first.status, first.stderr).toBe(0);
    expect(first.stderr).toContain('saved episode 0');
    const again = await record(out, '--episodes', '1', '--json');
    expect(again.status).toBe(1);
    expect(again.stdout).toContain('exists here already');
    const second = await record(out, '--episodes', '1', '--json', '--resume');
    const { totalEpisodes, saved } = JSON.parse(second.stdout) as Saved;
    expect(totalEpisodes).toBe(2);
    expect(saved).toMatchObject([{ episode: 1, success: true }]);
    const reader = await DatasetReader.open(out);
    expect(reader.episodes.map(({ length }) => length)[1]).toBe(saved[0]?.rows);
    const replayed = await armature('replay', out, '--episode', '1', '--robot', 'so101', '--json');
    expect(JSON.parse(replayed.stdout)).toMatchObject({
      task: saved[0]?.instruction,
      success: true,
      outcome: 'success',
    });
  });

  it('saves the episode under way on Ctrl-C', async () => {
    const out = join(folder, 'interrupted');
    const words = ['record', '--robot', 'so101', '--teleop', 'expert', '--task', 'reach', '--out', out];
    const { status, stdout, stderr } = await interruptedArmature(...words, '--episodes', '1000', '--json');
    expect(status, stderr).toBe(130);
    const { saved, totalEpisodes } = JSON.parse(stdout) as Saved;
    expect(saved).toHaveLength(totalEpisodes);
    expect((await DatasetReader.open(out)).episodes).toHaveLength(totalEpisodes);
  });

  it.each([
    ['a person without a terminal', ['--teleop', 'keyboard'], 'E_NO_TERMINAL'],
    ['an unknown teleoperator', ['--teleop', 'telepathy'], 'unknown teleoperator'],
    ['an address that is none', ['--teleop', 'expert', '--camera', 'front=nowhere'], 'E_CAMERA_ADDRESS'],
  ])('refuses %s, and leaves nothing behind', async (_, words, message) => {
    const out = join(folder, 'refused');
    const outcome = await armature('record', '--robot', 'so101', '--task', 'reach', '--out', out, '--json', ...words);
    expect(outcome.status).toBe(1);
    expect(outcome.stdout).toContain(message);
    await expect(DatasetReader.open(out)).rejects.toThrow();
  });
});
