import { describe, expect, it } from 'vitest';
import { cardTables, evaluationSchema, measuredOf } from '../../scripts/evaluation-tables.ts';
import type { RecordedEvaluation } from '../../scripts/evaluation-tables.ts';

function evaluation(changes: Partial<RecordedEvaluation> = {}, successes = 90): RecordedEvaluation {
  const rates = { episodes: 100, ci95: [0.8, 0.95] as [number, number], wrongObjects: 1, wrongObjectRate: 0.01 };
  const pushed = { task: 'push', ...rates, successes, successRate: successes / 100, failures: { 'missed-goal': 10 } };
  const lifted = { task: 'lift', ...rates, successes: 100, successRate: 1, failures: {} };
  return {
    suite: 'desk',
    policy: 'desk',
    agent: 'policy',
    precision: 'int8',
    conditions: { shifted: false, paraphrased: false },
    seed: 500_000,
    tasks: [pushed, lifted],
    meanSuccessRate: (successes / 100 + 1) / 2,
    ...changes,
  };
}

const shifted = evaluation({ conditions: { shifted: true, paraphrased: false } }, 80);
const full = evaluation({ precision: 'fp32' }, 92);

describe('the tables of a model card', () => {
  it('say of a plain evaluation how often it succeeded, how it failed, and what else was acted upon', () => {
    const text = cardTables([evaluation()]);
    expect(text).toContain('| push | 90.0 % | 80.0 % to 95.0 % | 100 |');
    expect(text).toContain('| task | missed the goal | another thing acted upon |');
    expect(text).toContain('| push | 10 | 1 of 100 (1.0 %) |');
    expect(text).toContain('| lift | 0 | 1 of 100 (1.0 %) |');
    expect(text).not.toContain('--shift');
  });

  it('put evaluations under other conditions beside the plain one, whatever order they come in', () => {
    const text = cardTables([shifted, full, evaluation()]);
    expect(text).toContain('| task | int8 | fp32 | int8, `--shift` |');
    expect(text).toContain('| push | 90.0 % | 92.0 % | 80.0 % |');
    expect(text).toContain('| against the first | 0.0 | +1.0 | −5.0 |');
  });

  it('become part of the manifest with all that was measured', () => {
    expect(measuredOf([evaluation()])).toMatchObject({ seed: 500_000, precision: 'int8', meanSuccessRate: 0.95 });
    expect(measuredOf([shifted, evaluation()])['others']).toMatchObject([{ conditions: { shifted: true } }]);
  });

  it('refuse what cannot be compared, and what is not of the policy', () => {
    expect(() => cardTables([shifted])).toThrow('plain one');
    expect(() => cardTables([evaluation(), evaluation()])).toThrow('same conditions');
    expect(() => cardTables([evaluation(), { ...shifted, seed: 1 }])).toThrow('same seeds');
    expect(evaluationSchema.safeParse({ ...evaluation(), agent: 'expert' }).success).toBe(false);
  });
});
