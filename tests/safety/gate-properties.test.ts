import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JointTarget } from '../../src/core/action.ts';
import type { RobotSpec } from '../../src/robot/robot-spec.ts';
import { SafetyGate } from '../../src/safety/gate.ts';
import type { GateDecision, GateInput } from '../../src/safety/gate.ts';
import { jointLimits } from '../../src/safety/joint-limits.ts';
import { longestStepS } from '../../src/safety/step-length.ts';
import { makeArmState, makeRobot } from '../../src/testing/index.ts';
import { EmittedSequence } from '../../bench/gate/emitted-sequence.ts';

const MS = 1e6;
const robot = makeRobot();

/** One step before it is put on a time axis. */
interface Move {
  readonly stepNs: number;
  readonly positions: readonly number[] | undefined;
  readonly createdAgoNs: number;
  readonly observedAgoNs: number;
  readonly measuredAgoNs: number;
  readonly measured: readonly number[];
  readonly fresh: boolean;
  readonly isPlanned: boolean;
}

const position = fc.oneof(
  { weight: 6, arbitrary: fc.double({ min: -2, max: 2, noNaN: true }) },
  { weight: 1, arbitrary: fc.double() },
  { weight: 1, arbitrary: fc.constantFrom(NaN, Infinity, -Infinity, 1e308, -0, 1.45, -1.45) },
);
const age = fc.oneof(
  { weight: 8, arbitrary: fc.constant(0) },
  { weight: 1, arbitrary: fc.integer({ min: -500 * MS, max: 500 * MS }) },
  { weight: 1, arbitrary: fc.constantFrom(NaN, Infinity, -Infinity) },
);
const stepNs = fc.oneof(
  { weight: 8, arbitrary: fc.constant(10 * MS) },
  { weight: 4, arbitrary: fc.integer({ min: 1000, max: 60 * MS }) },
  { weight: 1, arbitrary: fc.integer({ min: 60 * MS, max: 5_000 * MS }) },
  { weight: 1, arbitrary: fc.constantFrom(0, -1, -20 * MS, 3_600e9, NaN, Infinity) },
);
const wellFormed = fc.array(position, { minLength: 2, maxLength: 2 });
const move: fc.Arbitrary<Move> = fc.record({
  stepNs,
  positions: fc.oneof(
    { weight: 10, arbitrary: wellFormed },
    { weight: 1, arbitrary: fc.array(position, { maxLength: 4 }) },
    { weight: 1, arbitrary: fc.constant(undefined) },
  ),
  createdAgoNs: age,
  observedAgoNs: age,
  measuredAgoNs: age,
  measured: fc.oneof({ weight: 8, arbitrary: fc.constant([0, 0.5]) }, { weight: 1, arbitrary: wellFormed }),
  fresh: fc.oneof({ weight: 9, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
  isPlanned: fc.boolean(),
});
/** Finite positions only: nothing latches, so the whole sequence moves. */
const drivingMove = move.map((entry): Move => ({
  ...entry,
  createdAgoNs: 0,
  observedAgoNs: 0,
  measuredAgoNs: 0,
  fresh: true,
  measured: [0, 0.5],
  positions:
    entry.positions?.length === 2 ? entry.positions.map((value) => (Number.isFinite(value) ? value : 2)) : [1, 1],
}));

function inputsOf(moves: readonly Move[]): GateInput[] {
  let nowNs = 1e9;
  return moves.map((entry) => {
    const time = nowNs + entry.stepNs;
    if (Number.isFinite(time)) nowNs = time;
    const target: JointTarget | undefined = entry.positions && {
      positionsRad: Float64Array.from(entry.positions),
      createdNs: nowNs - entry.createdAgoNs,
      observedNs: nowNs - entry.observedAgoNs,
    };
    const value = makeArmState(entry.measured, nowNs - entry.measuredAgoNs);
    const measured = { value, ageNs: entry.measuredAgoNs, fresh: entry.fresh };
    return { nowNs: time, target, measured, isPlanned: entry.isPlanned };
  });
}

function runGate(
  inputs: readonly GateInput[],
  spec: RobotSpec = robot,
  startRad: readonly number[] = [0, 0.5],
): GateDecision[] {
  const gate = new SafetyGate({ ...spec, monitors: { ...spec.monitors, lateTicks: { most: 1e4, windowMs: 1 } } });
  gate.arm(makeArmState(startRad, 1e9), 1e9);
  let arm: readonly number[] = startRad;
  return inputs.map((input) => {
    const { value } = input.measured;
    // The arm is where it was last sent, unless the input says otherwise.
    const isThere = value.positionsRad[0] === 0 && value.positionsRad[1] === 0.5;
    const state = isThere ? makeArmState(arm, value.stampNs) : value;
    const decision = gate.step({ ...input, measured: { ...input.measured, value: state } });
    arm = [...decision.emittedRad];
    return decision;
  });
}

const LONGEST_NS = longestStepS(jointLimits(robot), 1 / robot.rates.gateHz) * 1e9;

/** Checks the emitted sequence alone, by finite differences, as an observer on the wire would. */
function expectWithinLimits(decisions: readonly GateDecision[], startRad: readonly number[] = [0, 0.5]): void {
  const emitted = new EmittedSequence(robot, Float64Array.from(startRad), 1e9);
  let previousNs = 1e9;
  for (const { command } of decisions) {
    const { positionsRad, stampNs } = command;
    if (stampNs - previousNs > LONGEST_NS) emitted.rest(stampNs);
    else emitted.add(positionsRad, stampNs);
    previousNs = stampNs;
  }
  expect(emitted.nonFinite).toBe(0);
  for (const [limit, ratio] of Object.entries(emitted.worst)) expect(ratio, limit).toBeLessThanOrEqual(1 + 1e-9);
}

describe('SafetyGate, for any sequence of inputs', () => {
  it('invariant 1: emits commands within the position, velocity, acceleration and jerk limits', () => {
    fc.assert(
      fc.property(fc.array(move, { minLength: 1, maxLength: 80 }), (moves) => {
        expectWithinLimits(runGate(inputsOf(moves)));
      }),
      { numRuns: 400 },
    );
  });

  it('keeps within the limits while it is driven hard and never latched', () => {
    fc.assert(
      fc.property(fc.array(drivingMove, { minLength: 1, maxLength: 120 }), (moves) => {
        expectWithinLimits(runGate(inputsOf(moves)));
      }),
      { numRuns: 400 },
    );
  });

  it('keeps within the limits along ramps that run into the ends of the range', () => {
    const ramp = fc.record({
      velocities: fc.tuple(
        fc.double({ min: -2.2, max: 2.2, noNaN: true }),
        fc.double({ min: -4.2, max: 4.2, noNaN: true }),
      ),
      ticks: fc.integer({ min: 1, max: 60 }),
      stepNs: fc.constantFrom(2 * MS, 10 * MS, 20 * MS),
    });
    fc.assert(
      fc.property(fc.array(ramp, { minLength: 1, maxLength: 8 }), (ramps) => {
        const at = [0, 0.5];
        const moves = ramps.flatMap(({ velocities, ticks, stepNs: step }) =>
          Array.from({ length: ticks }, (): Move => {
            velocities.forEach((velocity, joint) => (at[joint] = (at[joint] as number) + (velocity * step) / 1e9));
            return {
              stepNs: step,
              positions: [...at],
              measured: [0, 0.5],
              createdAgoNs: 0,
              observedAgoNs: 0,
              measuredAgoNs: 0,
              fresh: true,
              isPlanned: false,
            };
          }),
        );
        expectWithinLimits(runGate(inputsOf(moves)));
      }),
      { numRuns: 300 },
    );
  });

  it('can bring the arm to a stop within the limits after every step', () => {
    fc.assert(
      fc.property(fc.array(drivingMove, { minLength: 1, maxLength: 40 }), stepNs, (moves, stopStepNs) => {
        const stopStep = stopStepNs > 0 && stopStepNs < 20 * MS ? stopStepNs : 10 * MS;
        // Driving fast towards a target, then silence.
        const silence: Move[] = Array.from({ length: 110 }, () => ({
          ...(moves[0] as Move),
          stepNs: Math.max(stopStep, 2 * MS),
          positions: undefined,
        }));
        const decisions = runGate(inputsOf([...moves, ...silence]));
        expectWithinLimits(decisions);
        // The measured arm of this test stands still: where it was sent far away, the monitors latch.
        expect(['hold', 'protective-stop']).toContain(decisions.at(-1)?.state);
        expect(decisions.at(-1)?.emittedRad).toEqual(decisions.at(-1)?.previousRad);
      }),
      { numRuns: 200 },
    );
  });

  it('invariant 25: gives the same commands for the same inputs', () => {
    fc.assert(
      fc.property(fc.array(move, { maxLength: 40 }), (moves) => {
        expect(runGate(inputsOf(moves))).toEqual(runGate(inputsOf(moves)));
      }),
    );
  });

  it('says why whenever the command is not the target', () => {
    fc.assert(
      fc.property(fc.array(move, { maxLength: 60 }), (moves) => {
        for (const decision of runGate(inputsOf(moves))) {
          const passed = decision.requestedRad?.every((value, joint) => value === decision.emittedRad[joint]);
          if (passed !== true) expect(decision.reasons).not.toEqual([]);
        }
      }),
    );
  });

  it('emits only finite numbers, even for an arm that starts at a hard limit', () => {
    fc.assert(
      fc.property(fc.array(move, { maxLength: 60 }), fc.boolean(), (moves, high) => {
        const start = high ? [1.5, 1.2] : [-1.5, -0.2];
        let outermost = Math.abs(start[0] as number);
        for (const decision of runGate(inputsOf(moves), robot, start)) {
          expect(decision.emittedRad.every(Number.isFinite)).toBe(true);
          const now = Math.abs(decision.emittedRad[0] as number);
          expect(now).toBeLessThanOrEqual(Math.max(outermost, 1.45));
          outermost = Math.min(outermost, Math.max(now, 1.45));
        }
      }),
    );
  });
});

describe('SafetyGate, inside the limits', () => {
  it('invariant 3: passes smooth targets unchanged, to the bit', () => {
    // Differences over uneven steps, 12 ms and then 8 ms, show up to 5/4 of the wave's own acceleration, which is
    // 0.45 (2 pi f)^2 at most: 3.5 rad/s2 at 0.4 Hz. From one step to the next that is no jerk over 300 rad/s3.
    const frequency = fc.double({ min: 0.05, max: 0.4, noNaN: true });
    const stretch = fc.double({ min: 0.1, max: 0.9, noNaN: true });
    fc.assert(
      fc.property(
        frequency,
        stretch,
        fc.array(fc.integer({ min: 8 * MS, max: 12 * MS }), { maxLength: 200 }),
        (hz, size, steps) => {
          let nowNs = 1e9;
          const wave = (timeNs: number): number[] => {
            const swing = size * (1 - Math.cos((2 * Math.PI * hz * (timeNs - 1e9)) / 1e9));
            return [swing / 2, 0.5 + swing / 4];
          };
          const moves = steps.map((step): Move => {
            nowNs += step;
            return {
              stepNs: step,
              positions: wave(nowNs),
              measured: [0, 0.5],
              createdAgoNs: 0,
              observedAgoNs: 0,
              measuredAgoNs: 0,
              fresh: true,
              isPlanned: false,
            };
          });
          for (const decision of runGate(inputsOf(moves))) {
            expect(decision.emittedRad).toEqual(decision.requestedRad);
            expect(decision.reasons).toEqual([]);
            expect(decision.state).toBe('active');
          }
        },
      ),
    );
  });
});
