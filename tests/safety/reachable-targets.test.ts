import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fuzzedRobots as robots } from '../../bench/gate/fuzzed-robots.ts';
import type { RobotSpec } from '../../src/robot/robot-spec.ts';
import { Setpoint } from '../../src/runtime/setpoint.ts';
import { SafetyGate } from '../../src/safety/gate.ts';
import type { Reason } from '../../src/safety/reasons.ts';
import { ReachableTargets } from '../../src/safety/reachable-targets.ts';
import { makeArmState, makeTarget } from '../../src/testing/index.ts';

/** An ideal arm, its gate, and decisions that come one in each control period, tick by tick of any length. */
class Follower {
  readonly reachable: ReachableTargets;
  readonly reasons: Reason[] = [];
  commandRad: Float64Array;
  readonly #gate: SafetyGate;
  readonly #setpoint: Setpoint;
  readonly #ticks: number;
  readonly #periodNs: number;
  #nowNs = 1e9;

  constructor(robot: RobotSpec, startRad: readonly number[]) {
    this.reachable = new ReachableTargets(robot);
    this.#gate = new SafetyGate(robot);
    this.#setpoint = new Setpoint(robot);
    this.#ticks = robot.rates.gateHz / robot.rates.controlHz;
    this.#periodNs = 1e9 / robot.rates.gateHz;
    this.commandRad = Float64Array.from(startRad);
    this.#gate.arm(makeArmState(startRad, this.#nowNs), this.#nowNs);
    // Until it has been where it stands, a source is aligned at lower speed.
    this.decide(this.commandRad);
  }

  /** @param lateness of the ticks, in periods. */
  decide(positionsRad: Float64Array, lateness = 0): void {
    for (let tick = 0; tick < this.#ticks; tick += 1) {
      this.#nowNs += this.#periodNs * (1 + (tick % 2 === 0 ? lateness : -lateness));
      const nowNs = this.#nowNs;
      if (tick === 0) this.#setpoint.follow(makeTarget([...positionsRad], nowNs), this.commandRad, nowNs);
      const asked = this.#setpoint.at(nowNs, this.#gate.commanded);
      const value = makeArmState([...this.commandRad], nowNs);
      const decision = this.#gate.step({ nowNs, ...asked, measured: { value, ageNs: 0, fresh: true } });
      this.commandRad = decision.emittedRad;
      this.reasons.push(...decision.reasons);
    }
  }

  /** @param shares per joint, where in its range of reachable targets to go. */
  choose(shares: readonly number[], lateness = 0): void {
    const { low, high } = this.reachable.range(this.commandRad);
    const positionsRad = low.map((first, joint) => {
      const [share, last] = [shares[joint] ?? 0.5, high[joint] ?? 0];
      expect(first).toBeLessThanOrEqual(last);
      return share === 1 ? last : first + share * (last - first);
    });
    expect(this.reachable.includes(positionsRad, this.commandRad)).toBe(true);
    this.decide(positionsRad, lateness);
  }
}

describe.each(robots)('reachable targets of $name', (robot) => {
  const joints = robot.joints.length;
  const share = fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.constantFrom(0, 1));
  const shares = fc.array(share, { minLength: joints, maxLength: joints });
  const within = (part: number, joint: number): number => {
    const { positionRad, softMarginRad } = robot.joints[joint]?.limits ?? { positionRad: [0, 0], softMarginRad: 0 };
    const [low, high] = [positionRad[0] + softMarginRad, positionRad[1] - softMarginRad];
    return low + part * (high - low);
  };

  it('invariant 3: are followed without the gate changing anything, whichever are chosen', () => {
    const lateness = fc.oneof(fc.constant(0), fc.double({ min: -0.4, max: 0.4, noNaN: true }));
    fc.assert(
      fc.property(shares, fc.array(fc.tuple(shares, lateness), { minLength: 5, maxLength: 40 }), (start, periods) => {
        const follower = new Follower(robot, start.map(within));
        for (const [chosen, late] of periods) follower.choose(chosen, late);
        expect(follower.reasons).toEqual([]);
      }),
      { numRuns: 40 },
    );
  });

  it.each([0, 1])('lead all joints to the end of their soft range, end %d, without a word of the gate', (end) => {
    const start = Array.from({ length: joints }, (_, joint) => within(0.5, joint));
    const follower = new Follower(robot, start);
    const goal = start.map((_, joint) => within(end, joint));
    for (let period = 0; period < 1000; period += 1) follower.choose(Array<number>(joints).fill(end));
    expect(follower.reasons).toEqual([]);
    goal.forEach((position, joint) => expect(follower.commandRad[joint]).toBeCloseTo(position, 6));
  });

  it('are those within the velocity limits: of others the gate says what it limits', () => {
    const start = Array.from({ length: joints }, (_, joint) => within(0.5, joint));
    const follower = new Follower(robot, start);
    const { high } = follower.reachable.range(follower.commandRad);
    const reach = (high[0] ?? 0) - (follower.commandRad[0] ?? 0);
    const tooFar = follower.commandRad.map((position, joint) => (joint === 0 ? position + 1.5 * reach : position));
    expect(follower.reachable.includes(tooFar, follower.commandRad)).toBe(false);
    for (let period = 0; period < 8; period += 1) {
      const next = follower.commandRad.map((position, joint) => (joint === 0 ? position + 1.5 * reach : position));
      follower.decide(next);
    }
    expect(follower.reasons.some((reason) => reason === 'velocity-limit' || reason === 'position-limit')).toBe(true);
  });
});
