import { describe, expect, it } from 'vitest';
import { EmittedSequence } from '../../bench/gate/emitted-sequence.ts';
import { Setpoint } from '../../src/runtime/setpoint.ts';
import { loadRobot } from '../../src/robot/load-robot.ts';
import { SafetyGate } from '../../src/safety/gate.ts';
import type { GateDecision, GateInput, GateOptions } from '../../src/safety/gate.ts';
import { jointLimits } from '../../src/safety/joint-limits.ts';
import { standingAt } from '../../src/safety/limiter.ts';
import { CLEAR } from '../../src/safety/space-guard.ts';
import type { SpaceGuard } from '../../src/safety/space-guard.ts';
import { planTrajectory } from '../../src/safety/trajectory.ts';
import { makeArmState, makeRobot, makeTarget } from '../../src/testing/index.ts';

const PERIOD_NS = 1e7;

/** An ideal arm behind a gate, and someone who watches the commands. */
class Bench {
  readonly gate: SafetyGate;
  readonly robot: ReturnType<typeof makeRobot>;
  readonly emitted: EmittedSequence;
  commandRad: Float64Array;
  nowNs = 1e9;

  constructor(robot = makeRobot(), options: GateOptions = {}) {
    this.robot = robot;
    this.gate = new SafetyGate(robot, options);
    this.commandRad = Float64Array.from(robot.homeRad);
    this.emitted = new EmittedSequence(robot, this.commandRad, this.nowNs);
    this.gate.arm(makeArmState(robot.homeRad, this.nowNs), this.nowNs);
  }

  step(positions: ArrayLike<number> | undefined, options: Pick<GateInput, 'isPlanned'> = {}): GateDecision {
    this.nowNs += PERIOD_NS;
    const target = positions && makeTarget(Array.from(positions), this.nowNs);
    const value = makeArmState([...this.commandRad], this.nowNs);
    const decision = this.gate.step({
      ...options,
      nowNs: this.nowNs,
      target,
      measured: { value, ageNs: 0, fresh: true },
    });
    this.commandRad = decision.emittedRad;
    this.emitted.add(decision.emittedRad, decision.command.stampNs);
    return decision;
  }

  /** From here on at full speed. */
  aligned(): this {
    this.step(this.commandRad);
    return this;
  }

  expectWithinLimits(): void {
    for (const ratio of Object.values(this.emitted.worst)) expect(ratio).toBeLessThanOrEqual(1 + 1e-9);
  }
}

/** The first joint may not go beyond this; one side of a thin wall. */
function wallAt(wallRad: number): SpaceGuard & { refused: number } {
  const guard = {
    refused: 0,
    check: (path: readonly Float64Array[]) => {
      const clear = path.every((pose) => (pose[0] as number) <= wallRad);
      if (!clear) guard.refused += 1;
      return clear ? CLEAR : { clear, speedFactor: 1, reasons: ['keep-out'] as const, where: 'wall' };
    },
    dispose: () => undefined,
  };
  return guard;
}

describe('SafetyGate, following', () => {
  it('invariant 3: a smooth stream of decisions is followed with less than two ticks of delay', () => {
    const robot = loadRobot('so101');
    const bench = new Bench(robot);
    const setpoint = new Setpoint(robot);
    const size = 0.5;
    const rate = 2 * Math.PI * 0.6;
    const wave = (timeS: number): number[] =>
      robot.homeRad.map((home, joint) => home + (joint < 3 ? (size * (1 - Math.cos(rate * timeS))) / 2 : 0));
    let worstS = 0;
    for (let tick = 0; tick < 400; tick += 1) {
      const nowNs = bench.nowNs;
      if (tick % 5 === 0) setpoint.follow(makeTarget(wave((tick + 5) / 100), nowNs), bench.commandRad, nowNs);
      const { target, isPlanned } = setpoint.at(nowNs, bench.gate.commanded);
      const { emittedRad, reasons } = bench.step(target?.positionsRad, { isPlanned });
      expect(reasons).toEqual([]);
      const error = Math.abs((emittedRad[0] as number) - (wave((tick + 1) / 100)[0] as number));
      worstS = Math.max(worstS, error / ((size * rate) / 2));
    }
    expect(worstS).toBeLessThan(0.02);
    bench.expectWithinLimits();
  });

  it('goes to a distant target in no more than four ticks over the time that is possible', () => {
    const bench = new Bench().aligned();
    const goal = [1.2, 0.6];
    const start = standingAt(bench.commandRad);
    const { durationS } = planTrajectory(start, Float64Array.from(goal), jointLimits(bench.robot));
    let ticks = 0;
    while ((bench.commandRad[0] !== goal[0] || bench.commandRad[1] !== goal[1]) && ticks < 500) {
      bench.step(goal);
      ticks += 1;
      expect(bench.commandRad[0]).toBeLessThanOrEqual(1.2);
    }
    expect(ticks).toBeLessThanOrEqual(Math.ceil(durationS * 100) + 4);
    bench.expectWithinLimits();
  });

  it('invariant 4: a lowered speed keeps the straight line, and all joints below their share of the limit', () => {
    const bench = new Bench().aligned();
    bench.gate.guard.slowDown(0.3);
    for (let tick = 0; tick < 200; tick += 1) {
      const before = bench.commandRad;
      const { emittedRad } = bench.step([1.2, 0.9]);
      expect(((emittedRad[1] as number) - 0.5) / 0.4).toBeCloseTo((emittedRad[0] as number) / 1.2, 9);
      expect(((emittedRad[0] as number) - (before[0] as number)) * 100).toBeLessThanOrEqual(0.6 * (1 + 1e-9));
    }
    expect(bench.gate.state).toBe('reduced');
  });

  it('invariant 4: speed that is lowered on the way is lowered within the limits and on the line', () => {
    const bench = new Bench().aligned();
    for (let tick = 0; tick < 30; tick += 1) bench.step([1.2, 0.9]);
    bench.gate.guard.slowDown(0.1);
    for (let tick = 0; tick < 60; tick += 1) {
      const { emittedRad } = bench.step([1.2, 0.9]);
      expect(((emittedRad[1] as number) - 0.5) / 0.4).toBeCloseTo((emittedRad[0] as number) / 1.2, 9);
    }
    bench.expectWithinLimits();
    const before = bench.commandRad[0] as number;
    expect(((bench.step([1.2, 0.9]).emittedRad[0] as number) - before) * 100).toBeLessThanOrEqual(0.2 * (1 + 1e-9));
  });

  it('invariant 9: the first command after arming is where the arm is measured, and speed begins at zero', () => {
    const bench = new Bench();
    const start = bench.commandRad;
    const { emittedRad, previousRad } = bench.step([1.2, 0.9]);
    expect(previousRad).toEqual(start);
    emittedRad.forEach((position, joint) => {
      const jerk = bench.robot.joints[joint]?.limits.jerkRadPerS3 ?? 0;
      expect(Math.abs(position - (start[joint] as number))).toBeLessThanOrEqual(jerk * 1e-6 * (1 + 1e-9));
    });
  });

  it('invariant 20: who commands can slow the arm down and cannot speed it up', () => {
    const bench = new Bench().aligned();
    bench.gate.guard.slowDown(0.5);
    expect(bench.gate.guard.slowDown(1)).toBe(0.5);
    expect(() => bench.gate.guard.slowDown(2)).toThrow(/E_SPEED_SCALE/);
  });
});

describe('SafetyGate with a space guard', () => {
  it('invariant 7: emits nothing whose stop would leave the clear space, and keeps all limits meanwhile', () => {
    const space = wallAt(0.6);
    const bench = new Bench(makeRobot(), { space }).aligned();
    for (let tick = 0; tick < 300; tick += 1) {
      expect(bench.step([1.2, 0.9]).emittedRad[0]).toBeLessThanOrEqual(0.6);
    }
    expect(space.refused).toBeGreaterThan(0);
    expect(bench.commandRad[0]).toBeGreaterThan(0.5);
    bench.expectWithinLimits();
  });

  it('invariant 7: says what is in the way, and goes on when it is gone', () => {
    const space = wallAt(0.0001);
    const bench = new Bench(makeRobot(), { space }).aligned();
    expect(bench.step([1.2, 0.5]).reasons).toEqual(['keep-out']);
    const free = new Bench(makeRobot(), { space: { ...space, check: () => CLEAR } }).aligned();
    for (let tick = 0; tick < 200; tick += 1) free.step([1.2, 0.5]);
    expect(free.commandRad[0]).toBe(1.2);
  });

  it('invariant 4: what is near slows all joints by the same factor', () => {
    const near: SpaceGuard = {
      check: () => ({ clear: true, speedFactor: 0.25, reasons: ['near-obstacle'], where: 'wall' }),
      dispose: () => undefined,
    };
    const bench = new Bench(makeRobot(), { space: near }).aligned();
    for (let tick = 0; tick < 100; tick += 1) {
      const before = bench.commandRad[0] as number;
      const { emittedRad, reasons } = bench.step([1.2, 0.9]);
      expect(((emittedRad[1] as number) - 0.5) / 0.4).toBeCloseTo((emittedRad[0] as number) / 1.2, 9);
      expect(((emittedRad[0] as number) - before) * 100).toBeLessThanOrEqual(0.5 * (1 + 1e-9));
      if (reasons.length > 0) expect(reasons).toContain('near-obstacle');
    }
  });

  it('shows the guard the last command, the candidate and its stop down to standstill', () => {
    const paths: (readonly Float64Array[])[] = [];
    const space: SpaceGuard = {
      check: (path, stepS) => {
        expect(stepS).toBe(0.01);
        paths.push(path.map((pose) => pose.slice()));
        return CLEAR;
      },
      dispose: () => undefined,
    };
    const bench = new Bench(makeRobot(), { space }).aligned();
    for (let tick = 0; tick < 30; tick += 1) bench.step([1.2, 0.9]);
    const last = paths.at(-1) as readonly Float64Array[];
    expect(last[1]).toEqual(bench.commandRad);
    expect(last.length).toBeGreaterThan(8);
    expect(last.at(-1)).toEqual(last.at(-2));
    // The stop that follows is the one that was shown.
    last.slice(2, 6).forEach((pose) => expect(bench.step(undefined).emittedRad).toEqual(pose));
  });
});
