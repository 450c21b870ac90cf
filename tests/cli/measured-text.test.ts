import { describe, expect, it } from 'vitest';
import { measuredText } from '../../src/cli/measured-text.ts';

const plain = {
  suite: 'desk',
  seed: 500_000,
  tasks: [
    { task: 'reach', episodes: 100, successes: 100, ci95: [0.96, 1] },
    { task: 'push', episodes: 100, successes: 81, ci95: [0.72, 0.87] },
  ],
  meanSuccessRate: 0.905,
};

describe('measuredText', () => {
  it('is one line for each evaluation', () => {
    const conditions = { shifted: true, paraphrased: true };
    const lines = measuredText({ ...plain, precision: 'int8', others: [{ ...plain, precision: 'fp32', conditions }] });
    expect(lines).toEqual([
      'mean 90.5 %: reach 100 of 100, push 81 of 100 (as in training, int8, seeds from 500000)',
      'mean 90.5 %: reach 100 of 100, push 81 of 100 (shifted and paraphrased, fp32, seeds from 500000)',
    ]);
  });

  it('takes what was measured before there were precisions and conditions', () => {
    expect(measuredText(plain)).toEqual([
      'mean 90.5 %: reach 100 of 100, push 81 of 100 (as in training, seeds from 500000)',
    ]);
  });

  it('names what it cannot read, and says where nothing was measured', () => {
    expect(measuredText({ note: 'by hand' })).toEqual(['note: see policy.json']);
    expect(measuredText({})).toEqual(['nothing yet']);
  });
});
