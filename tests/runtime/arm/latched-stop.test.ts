import { describe, expect, it } from 'vitest';
import { latchedStop } from '../../../src/runtime/arm/latched-stop.ts';
import type { ArmRecord } from '../../../src/runtime/arm/record-format.ts';
import { makeRobot } from '../../../src/testing/make.ts';

const robot = makeRobot();

function stop(record: Pick<ArmRecord, 'state' | 'cause' | 'reasons'>): string {
  const still = robot.joints.map(() => 0);
  return latchedStop(
    { ...record, sentRad: still, measuredRad: still, health: undefined } as unknown as ArmRecord,
    robot,
  ).problem;
}

describe('latchedStop', () => {
  it('tells what the arm process and the gate saw, and nothing that only follows from the stop', () => {
    expect(stop({ state: 'protective-stop', cause: 'link', reasons: ['protective-stop', 'silent-sensor'] })).toBe(
      `robot "${robot.name}" made a protective stop: the link to the arm failed; no joint state has come for twice the time allowed`,
    );
  });

  it('is a whole sentence where nobody tells a cause', () => {
    expect(stop({ state: 'estop', cause: 'none', reasons: ['estop'] })).toBe(
      `robot "${robot.name}" made an emergency stop`,
    );
  });
});
