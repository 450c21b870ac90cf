import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DatasetReader } from '../../src/record/dataset-reader.ts';
import { randomPolicy } from '../runtime/random-policy.ts';
import { armature, interruptedArmature } from './armature.ts';
import type { Outcome } from './armature.ts';
import { temporaryFolder } from '../temporary-folder.ts';

/** Most of the time goes into starting processes, which a busy computer does slowly. */
const PATIENCE_MS = 180_000;

const directory = temporaryFolder();

/** `armature run` on the simulated so101; later flags win over these. */
function run(...words: string[]): Promise<Outcome> {
  return armature(...flags(words));
}

function flags(words: readonly string[]): string[] {
  return ['run', '--robot', 'so101', '--policy', randomPolicy, '--task', 'reach', '--no-report', ...words];
}

interface Summary {
  readonly episodes: readonly Record<string, unknown>[];
  readonly [name: string]: unknown;
}

describe('armature run', { timeout: PATIENCE_MS }, () => {
  it('refuses what does not exist or does not fit, with a message and a status', async () => {
    const damaged = join(directory, 'damaged');
    await cp(randomPolicy, damaged, { recursive: true });
    await writeFile(join(damaged, 'policy.json'), '{"formatVersion": 1}');
    const failures: readonly [words: string[], status: number, message: RegExp][] = [
      [['--robot', 'nonesuch'], 1, /^E_UNKNOWN_ROBOT: .*so101/],
      [['--policy', 'nonesuch'], 1, /^E_UNKNOWN_POLICY: unknown policy "nonesuch"/],
      [['--policy', damaged], 1, /^E_INVALID_FILE: .*policy\.json: does not describe a policy/],
      [['--task', 'reech'], 1, /^E_UNKNOWN_TASK: .*reach/],
      [['--task', 'juggle the red cube'], 1, /^E_INSTRUCTION: .*lift the red cube/],
      [['--task', 'dance', '--scene', 'lift'], 1, /^E_UNKNOWN_WORDS: .*Found dance/],
      [['--rate', '50'], 1, /^E_CONTROL_RATE: .*20 Hz/],
      [['--live', '--lockstep'], 2, /--live and --lockstep/],
      [['--sped', '2'], 2, /unknown option '--sped'/],
    ];
    const outcomes = await Promise.all(failures.map(([words]) => run(...words)));
    failures.forEach(([words, status, message], index) => {
      expect(outcomes[index], words.join(' ')).toMatchObject({ status, stdout: '' });
      expect(outcomes[index]?.stderr).toMatch(message);
      expect(outcomes[index]?.stderr).not.toContain('    at ');
    });
  });

  it('warns of a robot that the policy was not trained on, and runs', async () => {
    const { status, stderr } = await run('--robot', 'so100', '--json');
    expect(status).toBe(0);
    expect(stderr).toMatch(/^warning: policy "random" was trained on robot "so101" and moves the joints of "so100"/m);
  });

  it('says the same of the same seed but for times, and writes a report with pictures', async () => {
    const report = join(directory, 'out', 'report.html');
    const words = ['--task', 'touch the blue target', '--seed', '6', '--json', '--report', report];
    const [first, second] = (await Promise.all([run(...words), run(...words)])).map(({ stdout }) => untimed(stdout));
    expect(first).toEqual(second);
    expect(first).toMatchObject({ robot: 'so101', driver: 'sim', policy: 'random', seed: 6, mode: 'lockstep', report });
    expect(first?.episodes).toHaveLength(1);
    expect(first?.episodes[0]).toMatchObject({ instruction: 'touch the blue target', task: 'reach', durationS: 4 });
    const html = await readFile(report, 'utf8');
    expect(html).toContain('touch the blue target');
    expect(html.match(/<img src="data:image\/png;base64,/g)).toHaveLength(20);
  });

  it('runs live with the policy in a process of its own, records, and ends within the time limit', async () => {
    const data = join(directory, 'live');
    const { status, stdout, stderr } = await run('--live', '--record', data, '--json');
    expect(status, stderr).toBe(0);
    const [episode] = (JSON.parse(stdout) as Summary).episodes;
    expect(['time-limit', 'success', 'protective-stop']).toContain(episode?.['outcome']);
    const reader = await DatasetReader.open(data);
    expect(reader.episodes).toHaveLength(1);
    expect(reader.tasks).toEqual([episode?.['instruction']]);
  });
});

describe('Ctrl-C', { timeout: PATIENCE_MS }, () => {
  it('ends a run with a controlled stop, its summary and its recording, and status 130', async () => {
    const data = join(directory, 'interrupted');
    const words = ['--episodes', '1000', '--record', data, '--json'];
    const { status, stdout, stderr } = await interruptedArmature(...flags(words));
    expect(status, stderr).toBe(130);
    const { episodes } = JSON.parse(stdout) as Summary;
    expect(episodes.at(-1)).toMatchObject({ outcome: 'aborted', success: null });
    expect((await DatasetReader.open(data)).episodes).toHaveLength(episodes.length);
  });
});

describe('armature quickstart', { timeout: PATIENCE_MS }, () => {
  it('shows three tasks in one report', async () => {
    const report = join(directory, 'quickstart.html');
    const { status, stdout, stderr } = await armature('quickstart', '--policy', randomPolicy, '--report', report);
    expect(status, stderr).toBe(0);
    expect(stdout).toContain(`of 3 succeeded`);
    expect(stdout).toContain(report);
    expect((await readFile(report, 'utf8')).match(/class="episode"/g)).toHaveLength(3);
  });

  it('says what to do where the policy is missing', async () => {
    const { status, stderr } = await armature('quickstart', '--policy', 'nonesuch');
    expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringMatching(/^E_UNKNOWN_POLICY/) });
  });
});

/** A summary without what real time decides. */
function untimed(json: string): Summary {
  const summary = JSON.parse(json) as Summary;
  const times = new Set(['inferenceMs', 'latenessMs']);
  const episodes = summary.episodes.map((episode) =>
    Object.fromEntries(Object.entries(episode).filter(([name]) => !times.has(name))),
  );
  return { ...summary, episodes };
}
