import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MonotonicClock } from '../../src/core/clock.ts';
import type { ArmatureError } from '../../src/core/errors.ts';
import { loadRobot } from '../../src/robot/load-robot.ts';
import { ArmWorkplace } from '../../src/runtime/arm-workplace.ts';
import type { StepRecord } from '../../src/runtime/step-listener.ts';
import { ScriptedAgent } from '../../src/testing/index.ts';

const robot = loadRobot('so101');
/** Half a radian from home in the first joint. */
const aside = robot.homeRad.map((home, joint) => (joint === 0 ? home + 0.5 : home));
const holdAside = new ScriptedAgent(() => aside);
let place: ArmWorkplace;

beforeEach(async () => {
  place = await ArmWorkplace.open({ robot, driver: { kind: 'mirror' }, clock: new MonotonicClock() });
});
afterEach(() => place.close());

async function run(options: { readonly keepsPose?: boolean; readonly signal?: AbortSignal }): Promise<StepRecord[]> {
  const steps: StepRecord[] = [];
  const { instruction, result } = await place.run({
    seed: 1,
    mode: 'live',
    agent: () => holdAside,
    instruction: { text: 'point aside', colours: {} },
    timeLimitS: 0.8,
    listeners: [{ name: 'steps', onStep: (step) => steps.push(step) }],
    ...options,
  });
  expect(instruction).toBe('point aside');
  expect(result.outcome).toBe(options.signal?.aborted === true ? 'aborted' : 'time-limit');
  return steps;
}

const firstOf = (steps: readonly StepRecord[]): number => steps[0]?.sent.positionsRad[0] ?? NaN;
const lastOf = (steps: readonly StepRecord[]): number => steps.at(-1)?.sent.positionsRad[0] ?? NaN;

describe('a workplace with a real arm', () => {
  it('takes the arm home before an episode, which follows the agent', async () => {
    for (let episode = 0; episode < 2; episode += 1) {
      const steps = await run({});
      expect(firstOf(steps)).toBeCloseTo(robot.homeRad[0] ?? NaN, 2);
      expect(lastOf(steps)).toBeCloseTo(aside[0] ?? NaN, 2);
    }
  });

  it('begins where the arm is when it keeps its pose', async () => {
    await run({});
    expect(firstOf(await run({ keepsPose: true }))).toBeCloseTo(aside[0] ?? NaN, 2);
  });

  it('goes to rest, and has no torque there', async () => {
    await run({});
    await place.rest();
    const steps: StepRecord[] = await run({ keepsPose: true });
    steps[0]?.sent.positionsRad.forEach((rad, joint) => expect(rad).toBeCloseTo(robot.restRad[joint] ?? NaN, 1));
  });

  it('moves nothing once it was interrupted', async () => {
    await run({});
    const controller = new AbortController();
    controller.abort();
    const steps = await run({ signal: controller.signal });
    expect(steps.every(({ sent }) => Math.abs((sent.positionsRad[0] ?? NaN) - (aside[0] ?? NaN)) < 0.01)).toBe(true);
  });

  it('says that an arm of metal does not wait', async () => {
    await expect(place.run({ seed: 1, mode: 'lockstep', agent: () => holdAside })).rejects.toMatchObject({
      code: 'E_REAL_TIME',
    });
  });
});

describe('an arm that stopped by itself', () => {
  const url = new URL('../../src/testing/index.ts', import.meta.url).href;
  async function stopBy(fault: string): Promise<ArmatureError | undefined> {
    const wrap = { url, options: { fault, afterWrites: 20 } };
    const faulty = await ArmWorkplace.open({ robot, driver: { kind: 'mirror' }, clock: new MonotonicClock(), wrap });
    try {
      const { result } = await faulty.run({ seed: 1, mode: 'live', agent: () => holdAside, keepsPose: true });
      expect(result.outcome).toBe('protective-stop');
      return await faulty.stopCause();
    } finally {
      await faulty.close();
    }
  }

  it('says which motor it was, and what it reports', async () => {
    const cause = await stopBy('motor-error');
    expect(cause).toMatchObject({ code: 'E_PROTECTIVE_STOP' });
    expect(cause?.problem).toContain('a motor reports an error (shoulder_pan: overload, shoulder_lift: overload');
  });

  it('says how warm it is, and how warm it may be', async () => {
    expect((await stopBy('overheated'))?.problem).toContain('a motor is too hot (shoulder_pan: 120.0 °C, limit 65 °C');
  });

  it('names no cause while nothing made it stop', async () => {
    await run({});
    expect(await place.stopCause()).toBeUndefined();
  });
});
