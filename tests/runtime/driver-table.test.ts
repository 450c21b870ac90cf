import { expect, it } from 'vitest';
import { VirtualClock } from '../../src/core/clock.ts';
import type { ArmState } from '../../src/core/observation.ts';
import { openDriver } from '../../src/runtime/driver-table.ts';
import { makeRobot } from '../../src/testing/index.ts';

it('opens a mirror arm that reports its state whenever time passes', async () => {
  const clock = new VirtualClock();
  const link = await openDriver('mirror', { robot: makeRobot(), clock });
  const states: ArmState[] = [];
  link.sources.arm.subscribe({ next: (state) => states.push(state), error: () => undefined });
  link.begin(0, 1);
  clock.advanceNs(1e7);
  link.advance(1e7);
  expect(states.map(({ stampNs }) => stampNs)).toEqual([0, 1e7]);
  await link.close();
});

it('names the drivers a robot can be reached by', () => {
  const options = { robot: makeRobot(), clock: new VirtualClock() };
  expect(() => openDriver('serial', options)).toThrow(/E_UNKNOWN_DRIVER.*mirror/);
  expect(() => openDriver('mirror', { ...options, robot: makeRobot({ drivers: {} }) })).toThrow(/E_UNKNOWN_DRIVER/);
});
