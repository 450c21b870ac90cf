import { expect, it } from 'vitest';
import { closeAll } from '../../src/core/close-all.ts';

it('closes what comes behind something that cannot be closed, and tells of the first', async () => {
  const closed: string[] = [];
  const failing = (name: string) => (): never => {
    closed.push(name);
    throw new Error(name);
  };
  const closing = [failing('disk'), async () => void closed.push('arm'), failing('terminal'), () => closed.push('end')];
  await expect(closeAll(closing)).rejects.toThrow('disk');
  expect(closed).toEqual(['disk', 'arm', 'terminal', 'end']);
  await closeAll([]);
});
