import { describe, expect, it } from 'vitest';
import { speedRequest } from '../../web/src/speed-choice.ts';

describe('the slider of the highest speed', () => {
  const onlooker = { share: 0.5, isOperator: false };
  const operator = { share: 0.5, isOperator: true };

  it('slows down for everybody', () => {
    for (const who of [onlooker, operator]) expect(speedRequest(0.2, who)).toEqual({ kind: 'slow', share: 0.2 });
  });

  it('speeds up for the operator, and says why it does not for others', () => {
    expect(speedRequest(1, operator)).toEqual({ kind: 'fast', share: 1 });
    expect(speedRequest(1, onlooker)).toMatch(/^Only the operator/);
  });

  it('asks for nothing that is so already', () => {
    for (const who of [onlooker, operator]) expect(speedRequest(0.5, who)).toBeUndefined();
  });
});
