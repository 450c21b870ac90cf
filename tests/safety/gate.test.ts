import { describe, expect, it } from 'vitest';
import type { JointTarget } from '../../src/core/action.ts';
import { SafetyGate } from '../../src/safety/gate.ts';
import type { GateDecision } from '../../src/safety/gate.ts';
import { REASONS } from '../../src/safety/reasons.ts';
import { makeArmState, makeRobot, makeTarget } from '../../src/testing/index.ts';

const MS = 1e6;
const PERIOD_NS = 10 * MS;
const robot = makeRobot();

/** A gate at home with its clock; each step is one period and sees the arm where the gate sent it. */
class Bench {
  readonly gate = new SafetyGate(robot);
  nowNs = 1e9;
  #measuredRad: readonly number[];

  constructor(startRad: readonly number[] = [0, 0.5]) {
    this.#measuredRad = startRad;
    this.arm();
  }

  /** Arms the gate where the arm is and asks it to stay there: from then on its source is followed at full speed. */
  arm(): void {
    this.gate.arm(makeArmState(this.#measuredRad, this.nowNs), this.nowNs);
    this.step(this.#measuredRad);
  }

  step(
    positions: readonly number[] | undefined,
    options: { stepNs?: number; target?: Partial<JointTarget>; sensorAgeNs?: number } = {},
  ): GateDecision {
    this.nowNs += options.stepNs ?? PERIOD_NS;
    const ageNs = options.sensorAgeNs ?? 0;
    const value = makeArmState(this.#measuredRad, this.nowNs - ageNs);
    const target = positions && { ...makeTarget(positions, this.nowNs), ...options.target };
    const decision = this.gate.step({
      nowNs: this.nowNs,
      target,
      measured: { value, ageNs, fresh: ageNs <= 100 * MS },
    });
    this.#measuredRad = [...decision.emittedRad];
    return decision;
  }

  steps(count: number, positions: readonly number[] | undefined): GateDecision[] {
    return Array.from({ length: count }, () => this.step(positions));
  }
}

function last<T>(values: readonly T[]): T {
  return values.at(-1) as T;
}

describe('SafetyGate', () => {
  it('starts at the measured position and holds it', () => {
    const decision = new Bench([0.123456789, 0.7]).step(undefined);
    expect([...decision.emittedRad]).toEqual([0.123456789, 0.7]);
    expect(decision).toMatchObject({ state: 'hold', reasons: ['no-target'] });
  });

  it('refuses to step before it is armed', () => {
    const measured = { value: makeArmState([0, 0]), ageNs: 0, fresh: true };
    expect(() => new SafetyGate(robot).step({ nowNs: 0, target: undefined, measured })).toThrow(/E_GATE_NOT_ARMED/);
  });

  it.each([
    ['outside its hard limits', [1.6, 0], /joint "shoulder".*1.6 rad/],
    ['not finite', [0, NaN], /joint "gripper".*NaN rad/],
    ['incomplete', [0], /2 positions. Found 1/],
  ])('refuses to arm when the measured position is %s', (_, positions, message) => {
    expect(() => new SafetyGate(robot).arm(makeArmState(positions), 0)).toThrow(message);
  });

  it('takes noise at a hard limit for the limit', () => {
    expect([...new Bench([0, -0.204]).step(undefined).emittedRad]).toEqual([0, -0.2]);
  });

  it('reaches a distant target without overshooting it and stays there', () => {
    const decisions = new Bench().steps(200, [1.2, 0.6]);
    for (const { emittedRad } of decisions) expect(emittedRad[0]).toBeLessThanOrEqual(1.2 + 1e-12);
    expect([...last(decisions).emittedRad]).toEqual([1.2, 0.6]);
    expect(last(decisions)).toMatchObject({ reasons: [], state: 'active' });
  });

  it('moves all joints on a straight line when it slows them down', () => {
    for (const { emittedRad } of new Bench().steps(100, [1.2, 0.9])) {
      const [shoulder, gripper] = [...emittedRad] as [number, number];
      expect((gripper - 0.5) / 0.4).toBeCloseTo(shoulder / 1.2, 9);
    }
  });

  it('does not fall behind a target that moves within the limits once it has caught up', () => {
    const bench = new Bench();
    const decisions = Array.from({ length: 100 }, (_, tick) => bench.step([(tick + 1) * 0.012, 0.5]));
    expect(decisions[0]?.reasons).toEqual(['acceleration-limit', 'jerk-limit']);
    for (const decision of decisions.slice(30)) expect(decision.emittedRad).toEqual(decision.requestedRad);
  });

  it('names the limit a target runs into', () => {
    const bench = new Bench();
    expect(bench.step([0.0004, 0.5]).reasons).toEqual([]);
    expect(bench.step([0.0025, 0.5]).reasons).toEqual(['jerk-limit']);
    expect(bench.step([0.01, 0.5]).reasons).toEqual(['acceleration-limit', 'jerk-limit']);
    expect(bench.step([0.5, 0.5]).reasons).toEqual(['velocity-limit', 'acceleration-limit', 'jerk-limit']);
    expect(bench.step([5, 0.5]).reasons).toContain('position-limit');
  });

  it('stops at the soft limit when the target lies beyond the hard one', () => {
    const decisions = new Bench().steps(300, [9, -9]);
    expect([...last(decisions).emittedRad]).toEqual([1.45, -0.2]);
    expect(last(decisions).reasons).toEqual(['position-limit']);
  });

  it('lets an arm that stands beyond its soft limit move inwards only', () => {
    const bench = new Bench([1.48, 0.5]);
    expect(bench.step([1.5, 0.5]).emittedRad[0]).toBe(1.48);
    const back = bench.steps(100, [1, 0.5]);
    expect(last(back).emittedRad[0]).toBe(1);
    expect(last(bench.steps(100, [1.5, 0.5])).emittedRad[0]).toBe(1.45);
  });
});

describe('SafetyGate, losing its inputs', () => {
  it('brakes within the limits and holds when the target disappears', () => {
    const bench = new Bench();
    bench.steps(20, [1.2, 0.5]);
    const stop = bench.steps(30, undefined);
    expect(stop[0]).toMatchObject({ state: 'stopping', reasons: ['no-target'] });
    expect(last(stop).state).toBe('hold');
    // From 2 rad/s at 20 rad/s^2 and 1000 rad/s^3: 0.12 s and 0.12 rad.
    expect((last(stop).emittedRad[0] as number) - (stop[0]?.previousRad[0] as number)).toBeLessThanOrEqual(0.12);
  });

  it('stops on its path: all joints slow down by the same factor', () => {
    const bench = new Bench();
    const driving = last(bench.steps(12, [1.2, 0.9]));
    const velocity = ({ emittedRad, previousRad }: GateDecision, joint: number): number =>
      (emittedRad[joint] as number) - (previousRad[joint] as number);
    const ratio = velocity(driving, 1) / velocity(driving, 0);
    for (const decision of bench.steps(9, undefined)) {
      expect(velocity(decision, 1) / velocity(decision, 0)).toBeCloseTo(ratio, 9);
    }
  });

  it.each([
    ['created too long ago', { createdNs: -201 * MS, observedNs: -201 * MS }],
    ['created in the future', { createdNs: 201 * MS, observedNs: 0 }],
    ['decided on an observation that was too old', { createdNs: 0, observedNs: -201 * MS }],
  ])('does not follow a target %s', (_, ages) => {
    const bench = new Bench();
    const nowNs = bench.nowNs + PERIOD_NS;
    const target = { createdNs: nowNs + ages.createdNs, observedNs: nowNs + ages.observedNs };
    expect(bench.step([0.001, 0.5], { target })).toMatchObject({ reasons: ['stale-target'], state: 'hold' });
  });

  it('does not follow a target while the joint state is stale, and goes on once it is fresh', () => {
    const bench = new Bench();
    expect(bench.step([0.0004, 0.5], { sensorAgeNs: 101 * MS }).reasons).toContain('stale-sensor');
    expect(bench.step([0.0004, 0.5]).reasons).toEqual([]);
  });

  it('believes the stamp of a joint state rather than the word that it is fresh', () => {
    const bench = new Bench();
    const value = makeArmState([0, 0.5], bench.nowNs - 200 * MS);
    const nowNs = bench.nowNs + PERIOD_NS;
    const decision = bench.gate.step({
      nowNs,
      target: makeTarget([0, 0.5], nowNs),
      measured: { value, ageNs: 0, fresh: true },
    });
    expect(decision.reasons).toEqual(['sensor-time']);
  });

  it('emits the previous command when the clock stands still, runs backwards or is not a number', () => {
    const bench = new Bench();
    const moving = last(bench.steps(10, [1, 0.5]));
    for (const stepNs of [0, -5 * PERIOD_NS, NaN, Infinity]) {
      const before = bench.nowNs;
      const decision = bench.step([1, 0.5], { stepNs });
      expect(decision.reasons).toEqual(['time-went-backwards']);
      expect(decision.command.positionsRad).toEqual(moving.command.positionsRad);
      bench.nowNs = before;
    }
  });

  it('starts again from rest after a pause longer than a stop takes', () => {
    const bench = new Bench();
    const moving = last(bench.steps(10, [1, 0.5]));
    const late = bench.step([1, 0.5], { stepNs: 1e9 });
    expect(late.reasons).toEqual(['time-jumped']);
    expect(late.emittedRad).toEqual(moving.emittedRad);
    const first = bench.step([1, 0.5]);
    expect((first.emittedRad[0] as number) - (late.emittedRad[0] as number)).toBeLessThanOrEqual(0.0011);
  });
});

describe('SafetyGate, given unusable targets', () => {
  it('invariant 5: latches a protective stop at the third decision in a row, until it is armed again', () => {
    const bench = new Bench();
    bench.steps(10, [1, 0.5]);
    expect(bench.step([NaN, 0.5]).reasons).toEqual(['not-finite']);
    expect(bench.step([1]).reasons).toEqual(['wrong-length']);
    expect(bench.step([Infinity, 0.5])).toMatchObject({ reasons: ['protective-stop'], state: 'protective-stop' });
    const after = bench.steps(50, [1, 0.5]);
    expect(after.every(({ state }) => state === 'protective-stop')).toBe(true);
    expect(last(after).emittedRad).toEqual(last(after).previousRad);
    expect(bench.gate.isStill).toBe(true);
    bench.arm();
    expect(last(bench.steps(100, [1, 0.5])).emittedRad[0]).toBe(1);
  });

  it('counts a decision that reaches it several times once', () => {
    const bench = new Bench();
    const stamps = { createdNs: bench.nowNs, observedNs: bench.nowNs };
    for (let step = 0; step < 5; step += 1) {
      expect(bench.step([NaN, 0.5], { target: stamps }).reasons).toEqual(['not-finite']);
    }
  });

  it('starts counting anew after a usable target', () => {
    const bench = new Bench();
    for (let round = 0; round < 5; round += 1) {
      bench.step([NaN, 0.5]);
      bench.step([NaN, 0.5]);
      expect(bench.step([0, 0.5]).state).toBe('active');
    }
  });
});

describe('GateDecision', () => {
  it('keeps what was requested, sent before, sent now and measured', () => {
    const decision = new Bench().step([1, 0.5]);
    expect([...(decision.requestedRad ?? [])]).toEqual([1, 0.5]);
    expect([...decision.previousRad]).toEqual([0, 0.5]);
    expect([...decision.measuredRad]).toEqual([0, 0.5]);
    expect(decision.emittedRad).toEqual(decision.command.positionsRad);
  });

  it('does not let its reader change what the gate remembers', () => {
    const bench = new Bench();
    const decision = bench.step(undefined);
    for (const values of [decision.command.positionsRad, decision.emittedRad, decision.previousRad]) values.fill(99);
    expect([...bench.step(undefined).emittedRad]).toEqual([0, 0.5]);
  });

  it('stays as it is told, and so does the state of the gate, while the gate goes on', () => {
    const bench = new Bench();
    const told = [...bench.steps(3, [1, 0.8]), bench.gate.snapshot()];
    const then = structuredClone(told);
    bench.steps(20, [-1, 0.2]);
    expect(told).toEqual(then);
  });

  it('explains every reason in words', () => {
    for (const text of Object.values(REASONS)) expect(text).toMatch(/^[a-z].*[^.]$/);
  });
});
