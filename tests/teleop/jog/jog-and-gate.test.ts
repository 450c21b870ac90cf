import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EmittedSequence } from '../../../bench/gate/emitted-sequence.ts';
import { VirtualClock } from '../../../src/core/clock.ts';
import { loadRobot } from '../../../src/robot/load-robot.ts';
import { loadKinematics } from '../../../src/runtime/load-kinematics.ts';
import { loadSpaceGuard } from '../../../src/runtime/load-space-guard.ts';
import type { StepRecord } from '../../../src/runtime/step-listener.ts';
import type { SpaceGuard } from '../../../src/safety/space-guard.ts';
import { JogAgent } from '../../../src/teleop/jog/jog-agent.ts';
import { JOG_MODES, JOG_SPEEDS, NO_AXES } from '../../../src/teleop/jog/jog-input.ts';
import type { Kinematics } from '../../../src/teleop/kinematics.ts';
import { runGated } from '../gated-run.ts';
import { ScriptedDevice } from '../scripted-device.ts';

const robot = loadRobot('so101');
const TICKS_PER_DECISION = robot.rates.gateHz / robot.rates.controlHz;
/** A stop takes 80 ms from full speed; then the arm stands. */
const STOP_TICKS = 10;
let kinematics: Kinematics;
let space: SpaceGuard;

beforeAll(async () => {
  kinematics = (await loadKinematics(robot)) as Kinematics;
  space = await loadSpaceGuard(robot);
});
afterAll(() => {
  kinematics.dispose();
  space.dispose();
});

/** What is pushed for a while. */
interface Push {
  readonly axes: Readonly<Record<string, number>>;
  readonly isHeld: boolean;
  readonly isThere: boolean;
  readonly nextMode: boolean;
  readonly joint: number;
  readonly ticks: number;
}

const axis = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(-1, 0, 1) },
  { weight: 4, arbitrary: fc.double({ min: -1, max: 1, noNaN: true }) },
);
const strangeAxis = fc.oneof(
  { weight: 30, arbitrary: axis },
  { weight: 1, arbitrary: fc.constantFrom(NaN, Infinity, -Infinity, 1.5, -1e300) },
);
const push = (value: fc.Arbitrary<number>): fc.Arbitrary<Push> =>
  fc.record({
    axes: fc.record(Object.fromEntries(Object.keys(NO_AXES).map((name) => [name, value]))),
    isHeld: fc.oneof({ weight: 6, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
    isThere: fc.oneof({ weight: 12, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
    nextMode: fc.oneof({ weight: 3, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
    joint: fc.integer({ min: 0, max: 20 }),
    ticks: fc.integer({ min: 1, max: 30 }),
  });

interface Course {
  readonly steps: readonly StepRecord[];
  /** The push that stood at each control tick, and whether it was there. */
  readonly pushes: readonly Push[];
}

/** Lets somebody push like that, from rest, in the space around the arm or as if nothing were there. */
async function jogged(
  pushes: readonly Push[],
  start: { readonly mode: number; readonly speed: number },
  guard?: SpaceGuard,
): Promise<Course> {
  const clock = new VirtualClock();
  clock.advanceNs(5e9);
  const device = new ScriptedDevice();
  const mode = JOG_MODES[start.mode];
  const agent = new JogAgent({ robot, kinematics, device, clock, mode, speed: JOG_SPEEDS[start.speed] });
  const perTick = pushes.flatMap((entry) =>
    Array.from({ length: entry.ticks }, (_, tick) => ({ entry, isFirst: tick === 0 })),
  );
  const { steps } = await runGated({
    robot,
    clock,
    agent,
    timeLimitS: (perTick.length + 1) / robot.rates.controlHz,
    ...(guard === undefined ? {} : { space: guard }),
    onTick: (tick) => {
      const { entry, isFirst } = perTick[tick - 1] ?? { entry: undefined, isFirst: false };
      if (isFirst && entry?.nextMode === true) device.press({ kind: 'next-mode' });
      if (isFirst && entry !== undefined && entry.joint <= 6) device.press({ kind: 'joint', number: entry.joint });
      device.reading =
        entry?.isThere === false
          ? undefined
          : { axes: { ...NO_AXES, ...entry?.axes }, isDeadManHeld: entry?.isHeld ?? false };
    },
  });
  return { steps, pushes: perTick.map(({ entry }) => entry) };
}

function expectWithinLimits(steps: readonly StepRecord[]): void {
  const [first] = steps;
  const emitted = new EmittedSequence(
    robot,
    Float64Array.from(robot.homeRad),
    (first?.timeNs ?? 0) - 1e9 / robot.rates.gateHz,
  );
  for (const { sent, timeNs } of steps) emitted.add(sent.positionsRad, timeNs);
  expect(emitted.nonFinite).toBe(0);
  for (const [limit, ratio] of Object.entries(emitted.worst)) expect(ratio, limit).toBeLessThanOrEqual(1 + 1e-9);
}

/** After the dead-man was released and the stop is over, the arm stands until it is taken again. */
function expectStill({ steps, pushes }: Course): void {
  let released = 0;
  steps.forEach(({ gateTick, sent, isRunning }, index) => {
    const entry = pushes[Math.floor(gateTick / TICKS_PER_DECISION) - 1];
    const isPushing = isRunning && entry?.isHeld === true && entry.isThere;
    released = isPushing ? 0 : released + 1;
    if (released > STOP_TICKS && index > 0) expect(sent.positionsRad).toEqual(steps[index - 1]?.sent.positionsRad);
  });
}

const start = fc.record({ mode: fc.integer({ min: 0, max: 2 }), speed: fc.integer({ min: 0, max: 2 }) });

describe('jogging through the gate, whatever is pushed', () => {
  it('invariant 8: keeps all limits, and stands still once the dead-man is released', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(push(strangeAxis), { minLength: 1, maxLength: 12 }), start, async (pushes, from) => {
        const course = await jogged(pushes, from);
        expectWithinLimits(course.steps);
        expectStill(course);
      }),
      { numRuns: 150 },
    );
  });

  it('invariant 8: leaves the gate nothing to limit', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(push(axis), { minLength: 1, maxLength: 8 }), start, async (pushes, from) => {
        const { steps } = await jogged(pushes, from);
        const reasons = new Set(steps.flatMap(({ gate }) => gate.reasons));
        // Where nothing is pushed there is no target; what is around the arm is not in this test.
        expect([...reasons].filter((reason) => reason !== 'no-target')).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });

  it('invariant 8: keeps all limits in a long session', async () => {
    const [pushes] = fc.sample(fc.array(push(strangeAxis), { minLength: 150, maxLength: 150 }), {
      numRuns: 1,
      seed: 4,
    });
    const course = await jogged(pushes ?? [], { mode: 0, speed: 2 }, space);
    expect(course.steps.length).toBeGreaterThan(5000);
    expectWithinLimits(course.steps);
    expectStill(course);
    // The lease is kept: the arm goes on moving to the end.
    const moved = course.steps
      .slice(-1000)
      .some(({ gate }) => gate.emittedRad.some((value, joint) => value !== gate.previousRad[joint]));
    expect(moved).toBe(true);
    expect(course.steps.some(({ gate }) => gate.reasons.includes('no-lease'))).toBe(false);
  });

  it('gives the same commands for the same pushes', async () => {
    const [pushes] = fc.sample(fc.array(push(strangeAxis), { minLength: 10, maxLength: 10 }), { numRuns: 1, seed: 9 });
    const [once, again] = [
      await jogged(pushes ?? [], { mode: 0, speed: 2 }),
      await jogged(pushes ?? [], { mode: 0, speed: 2 }),
    ];
    expect(once.steps.map(({ sent }) => [...sent.positionsRad])).toEqual(
      again.steps.map(({ sent }) => [...sent.positionsRad]),
    );
  });
});
