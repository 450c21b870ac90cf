import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ArmatureError } from '../../src/core/errors.ts';
import { evaluate } from '../../src/runtime/evaluation.ts';
import type { EvaluationOutcome } from '../../src/runtime/evaluation.ts';
import type { EpisodeSight } from '../../src/runtime/episode-sight.ts';
import { SightRequest } from '../../src/runtime/sight-request.ts';
import { loadSuite } from '../../src/sim/load-suite.ts';
import { listTasks, loadTask } from '../../src/sim/load-task.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const tinyPolicy = join(import.meta.dirname, '../fixtures/random-policy');
const plan = { suite: 'desk', seed: 500_000, workers: 2 };

// Every evaluation starts threads, which a busy computer does slowly.
describe('evaluate', { timeout: 240_000 }, () => {
  it('gives the expert at least 98 % on every task through the tokens, the decoding and the gate', async () => {
    const tasks = ['desk', 'new'].flatMap((suite) => loadSuite(suite).tasks);
    const evaluation = await evaluate({ ...plan, policy: 'desk', tasks, episodes: 50, expert: true });
    for (const { task, successRate } of evaluation.tasks) expect(successRate, task).toBeGreaterThanOrEqual(0.98);
  });

  it('gives the same result again for the same seed', async () => {
    const run = async (workers: number): Promise<unknown> => {
      const outcomes: unknown[] = [];
      const onEpisode = (outcome: EvaluationOutcome): number => outcomes.push({ ...outcome, tickMs: undefined });
      const evaluation = await evaluate({
        ...plan,
        workers,
        policy: tinyPolicy,
        tasks: ['reach'],
        episodes: 2,
        onEpisode,
      });
      return { outcomes, tasks: evaluation.tasks };
    };
    expect(await run(1)).toEqual(await run(2));
  });

  it('shows an episode to who asks, and gives the same result whether anybody does', async () => {
    const run = async (isSeen: boolean): Promise<{ outcomes: unknown[]; sights: EpisodeSight[] }> => {
      const outcomes: unknown[] = [];
      const sights: EpisodeSight[] = [];
      const request = new SightRequest();
      if (isSeen) request.ask();
      const onSight = (sight: EpisodeSight): void => {
        sights.push(sight);
        request.ask();
      };
      await evaluate({
        ...plan,
        policy: tinyPolicy,
        tasks: ['reach', 'lift'],
        episodes: 2,
        onlooker: { request, onSight },
        onEpisode: (outcome) => outcomes.push({ ...outcome, tickMs: undefined }),
      });
      return { outcomes, sights };
    };
    const [seen, unseen] = [await run(true), await run(false)];
    expect(seen.outcomes).toEqual(unseen.outcomes);
    expect(unseen.sights).toEqual([]);
    expect(seen.sights.length).toBeGreaterThan(10);
    // One episode after the other, each with its scene first, and each from its beginning on.
    const episodes = new Map<string, EpisodeSight[]>();
    for (const sight of seen.sights) {
      const name = `${sight.task} ${sight.seed}`;
      episodes.set(name, [...(episodes.get(name) ?? []), sight]);
    }
    expect([...episodes.values()].flat()).toEqual(seen.sights);
    for (const [first, ...later] of episodes.values()) {
      expect(first?.scene?.geoms.length).toBeGreaterThan(5);
      expect(later.every(({ scene }) => scene === undefined)).toBe(true);
      const ticks = [first, ...later].map((sight) => sight?.steps.at(-1)?.gateTick ?? 0);
      expect(ticks).toEqual(ticks.toSorted((a, b) => a - b));
    }
    const newest = seen.sights.at(-1)?.steps.at(-1);
    expect(newest?.observation.cameras.get('front')?.value.rgb.buffer.byteLength).toBe(64 * 64 * 3);
    expect(newest?.gate.state).toBeTypeOf('string');
  });

  it('reports what a script needs, in one object', async () => {
    const evaluation = await evaluate({ ...plan, policy: tinyPolicy, tasks: ['reach'], episodes: 1 });
    expect(evaluation).toMatchObject({
      suite: 'desk',
      policy: 'random',
      agent: 'policy',
      precision: 'fp32',
      seed: 500_000,
      conditions: { shifted: false, paraphrased: false },
      tasks: [{ task: 'reach', episodes: 1, successes: 0, wrongObjects: 0, wrongObjectRate: 0 }],
    });
    expect(Object.values(evaluation.tasks[0]?.failures ?? {})).toEqual([1]);
    expect(evaluation.tick.p50Ms).toBeGreaterThan(0);
  });

  it('keeps films of failures by phase, and those of successes only when asked', async () => {
    const folder = temporaryFolder();
    const films = async (options: object): Promise<string[]> => {
      await evaluate({ ...plan, policy: tinyPolicy, tasks: ['reach'], episodes: 1, video: folder, ...options });
      return (await readdir(folder, { recursive: true })).filter((path) => path.endsWith('.mp4'));
    };
    expect(await films({ expert: true })).toEqual([]);
    expect(await films({})).toEqual([expect.stringMatching(/^[a-z-]+.reach-500000\.mp4$/)]);
    expect(await films({ expert: true, keepSuccesses: true })).toContain(join('success', 'reach-500000.mp4'));
  });

  it('says why episodes failed, and that the expert of each task acts upon the named thing alone', async () => {
    const tasks = listTasks();
    const evaluation = await evaluate({ ...plan, policy: 'desk', tasks, episodes: 4, expert: true });
    expect(evaluation.agent).toBe('expert');
    for (const { task, wrongObjects, failures } of evaluation.tasks)
      expect({ task, wrongObjects, failures }).toEqual({ task, wrongObjects: 0, failures: {} });
  });

  it('gives instructions and scenes of the conditions asked for', async () => {
    const instructions: string[] = [];
    const conditions = { shifted: true, paraphrased: true };
    const evaluation = await evaluate({
      ...plan,
      policy: 'desk',
      tasks: ['reach'],
      episodes: 3,
      expert: true,
      conditions,
      onEpisode: ({ instruction }) => instructions.push(instruction),
    });
    expect(evaluation.conditions).toEqual(conditions);
    const known = loadTask('reach', { paraphrased: true }).instructions.map((text) => text.split('{source}')[0] ?? '');
    for (const text of instructions) expect(known.some((start) => text.startsWith(start))).toBe(true);
  });

  it('refuses a precision the policy does not have, by its code, also from another thread', async () => {
    const failed = evaluate({ ...plan, policy: tinyPolicy, tasks: ['reach'], episodes: 1, precision: 'int8' });
    await expect(failed).rejects.toMatchObject({ code: 'E_NO_SUCH_PRECISION', found: 'fp32' });
    await expect(failed).rejects.toBeInstanceOf(ArmatureError);
  });

  it('names the policies there are when one is unknown', async () => {
    await expect(evaluate({ ...plan, policy: 'nonsense', tasks: ['reach'], episodes: 1 })).rejects.toThrow(
      'unknown policy "nonsense"',
    );
  });
});
