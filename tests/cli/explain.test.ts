import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { randomPolicy } from '../runtime/random-policy.ts';
import { armature } from './armature.ts';
import { temporaryFolder } from '../temporary-folder.ts';

/** Most of the time goes into starting processes, which a busy computer does slowly. */
const PATIENCE_MS = 180_000;

let directory: string;
let file: string;
let told: string;
beforeAll(async () => {
  directory = temporaryFolder();
  const folder = join(directory, 'box');
  const words = ['run', '--robot', 'so101', '--policy', randomPolicy, '--task', 'reach', '--no-report', '--lockstep'];
  const { status, stderr } = await armature(...words, '--black-box', folder);
  expect(status, stderr).toBe(0);
  told = stderr;
  file = join(folder, (await readdir(folder))[0] ?? '');
}, PATIENCE_MS);

describe('armature explain', { timeout: PATIENCE_MS }, () => {
  it('reads what a run with --black-box wrote, as a timeline, and finds the same to the bit in a replay', async () => {
    expect(told).toContain(`black box ${file}`);
    const { status, stdout, stderr } = await armature('explain', file, '--replay');
    expect(status, stderr).toBe(0);
    expect(stdout).toMatch(/^so101: \d+\.\d+ s, \d+ ticks at 100 Hz, until: /);
    expect(stdout).toContain('whole and unchanged');
    expect(stdout).toMatch(/^told from −\d+\.\d+ s on: \w+/m);
    expect(stdout).toMatch(/Replay: all \d+ ticks are the same to the bit\./);
  });

  it('tells the same as JSON, and draws it', async () => {
    const plot = join(directory, 'plots', 'stop.svg');
    const { status, stdout } = await armature('explain', file, '--replay', '--json', '--plot', plot);
    expect(status).toBe(0);
    const explanation = JSON.parse(stdout) as Record<string, unknown>;
    expect(explanation).toMatchObject({
      file,
      robot: 'so101',
      gateHz: 100,
      limitsMatch: true,
      replay: { identical: true },
      plot,
    });
    const segments = explanation['segments'] as { ticks: number }[];
    expect(segments.reduce((sum, { ticks }) => sum + ticks, 0)).toBe(explanation['ticks']);
    const svg = await readFile(plot, 'utf8');
    expect(svg).toMatch(/^<svg [^]*<\/svg>\n$/);
    for (const joint of ['shoulder_pan', 'gripper', 'age of wrist']) expect(svg).toContain(`>${joint}, `);
    expect(svg).not.toContain('NaN');
  });

  it('refuses files that were cut or changed, are something else or are not there', async () => {
    const text = await readFile(file, 'utf8');
    const cut = join(directory, 'cut.jsonl');
    await writeFile(cut, text.slice(0, text.length / 2));
    const edited = join(directory, 'edited.jsonl');
    await writeFile(edited, text.replace('"tick":3,', '"tick":4,'));
    const failures: readonly [words: string[], status: number, message: RegExp][] = [
      [[cut], 1, /^E_INVALID_FILE: .*cut\.jsonl: it ends in the middle of line \d+/],
      [[edited], 1, /^E_INVALID_FILE: .*edited\.jsonl: line 5 was changed/],
      [['package.json'], 1, /^E_INVALID_FILE: package\.json: is no black box/],
      [[join(directory, 'nothing')], 1, /^E_INVALID_FILE: .*nothing: cannot be read/],
      [[file, '--plot', 'stop.png'], 2, /ends in \.svg/],
    ];
    const outcomes = await Promise.all(failures.map(([words]) => armature('explain', ...words)));
    failures.forEach(([words, status, message], index) => {
      expect(outcomes[index], words.join(' ')).toMatchObject({ status, stdout: '' });
      expect(outcomes[index]?.stderr).toMatch(message);
    });
  });
});
