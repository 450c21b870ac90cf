import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { evaluate } from '../../src/runtime/evaluation.ts';
import type { EvaluationOutcome } from '../../src/runtime/evaluation.ts';
import { loadSuite } from '../../src/sim/load-suite.ts';

const tinyPolicy = join(import.meta.dirname, '../fixtures/random-policy');
const plan = { suite: 'desk', seed: 500_000, workers: 2 };

describe('evaluate', () => {
  it('gives the expert at least 98 % on every task through the tokens, the decoding and the gate', async () => {
    const { tasks } = loadSuite('desk');
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

  it('reports what a script needs, in one object', async () => {
    const evaluation = await evaluate({ ...plan, policy: tinyPolicy, tasks: ['reach'], episodes: 1 });
    expect(Object.keys(evaluation)).toEqual(['suite', 'policy', 'seed', 'tasks', 'meanSuccessRate', 'tick']);
    expect(evaluation.tasks[0]).toMatchObject({ task: 'reach', episodes: 1 });
    expect(evaluation.tick.p50Ms).toBeGreaterThan(0);
  });

  it('names the policies there are when one is unknown', async () => {
    await expect(evaluate({ ...plan, policy: 'nonsense', tasks: ['reach'], episodes: 1 })).rejects.toThrow(
      'unknown policy "nonsense"',
    );
  });
});
