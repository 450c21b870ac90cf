import { expect, it } from 'vitest';
import { ArmatureError } from '../../src/core/errors.ts';

it('is told in whole sentences, also where it tells what another one said', () => {
  const inner = new ArmatureError('E_INNER', 'it is not there', { remedy: 'Look for it.' });
  const outer = new ArmatureError('E_OUTER', 'it cannot be used', {
    expected: 'a file',
    found: inner.message,
    remedy: 'Name another.',
  });
  expect(outer.message).toBe(
    'E_OUTER: it cannot be used. Expected a file. Found E_INNER: it is not there. Look for it. Name another.',
  );
});
