import { describe, expect, it } from 'vitest';
import { settle, speedRequest } from '../../web/src/speed-choice.ts';

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

  it('keeps what was asked for after the one before it came about', () => {
    const first = { share: 0.9, before: undefined };
    const second = { share: 0.8, before: undefined };
    const choice = { asked: second, why: '' };
    expect(settle(choice, first)).toBe(choice);
    expect(settle(choice, first, 'of the first one')).toBe(choice);
    expect(settle(choice, second)).toEqual({ why: '' });
  });

  it('says why nothing came of it, and keeps saying why the page may not ask', () => {
    const asked = { share: 0.9, before: undefined };
    expect(settle({ asked, why: '' }, asked, 'too late')).toEqual({ why: 'too late' });
    expect(settle({ asked, why: 'Only the operator' }, asked)).toEqual({ why: 'Only the operator' });
  });
});
