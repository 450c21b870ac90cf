import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { listRobots, loadRobot } from '../../src/robot/load-robot.ts';
import type { RobotSpec } from '../../src/robot/robot-spec.ts';
import { CommandDifferences } from '../../src/runtime/command-differences.ts';
import { Setpoint } from '../../src/runtime/setpoint.ts';
import { SafetyGate } from '../../src/safety/gate.ts';
import { PassableTargets } from '../../src/safety/passable-targets.ts';
import { makeArmState, makeRobot } from '../../src/testing/index.ts';

const robots: readonly RobotSpec[] = [makeRobot(), ...listRobots().map((name) => loadRobot(name))];

/** For each control period and joint, where in the range of passable targets to go: 0 its low end, 1 its high end. */
const choices = (joints: number) =>
  fc.array(
    fc.array(fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.constantFrom(0, 1)), {
      minLength: joints,
      maxLength: joints,
    }),
    {
      minLength: 5,
      maxLength: 40,
    },
  );

/** Follows targets chosen among the passable ones, with setpoint and gate as in a run, and tells what the gate changed. */
function interventions(robot: RobotSpec, starts: readonly number[], periods: readonly (readonly number[])[]): string[] {
  const periodNs = 1e9 / robot.rates.gateHz;
  const ticks = robot.rates.gateHz / robot.rates.controlHz;
  const passable = new PassableTargets(robot);
  const gate = new SafetyGate(robot);
  const setpoint = new Setpoint(robot.rates);
  gate.arm(makeArmState(starts), -periodNs);
  let commandRad: Float64Array = Float64Array.from(starts);
  const differences = new CommandDifferences({ positionsRad: commandRad, stampNs: -periodNs });
  const found: string[] = [];
  periods.forEach((shares, period) => {
    const { low, high } = passable.range({ positionsRad: commandRad, ...differences.motion });
    const positionsRad = Float64Array.from(shares, (share, joint) => {
      const [first, last] = [low[joint] ?? 0, high[joint] ?? 0];
      expect(first).toBeLessThanOrEqual(last);
      return share === 1 ? last : first + share * (last - first);
    });
    for (let tick = 0; tick < ticks; tick += 1) {
      const nowNs = (period * ticks + tick) * periodNs;
      if (tick === 0)
        setpoint.follow({ positionsRad, createdNs: nowNs, observedNs: nowNs, isGentle: true }, commandRad, nowNs);
      const value = makeArmState([...commandRad], nowNs);
      const decision = gate.step({ nowNs, target: setpoint.at(nowNs), measured: { value, ageNs: 0, fresh: true } });
      commandRad = decision.emittedRad;
      differences.add({ positionsRad: commandRad, stampNs: nowNs });
      found.push(...decision.reasons.map((reason) => `${period}.${tick} ${reason}`));
    }
    // Each period ends on its target, to the bit: nothing was held back.
    if (found.length === 0) expect([...commandRad]).toEqual([...positionsRad]);
  });
  return found;
}

describe.each(robots)('passable targets of $name', (robot) => {
  const joints = robot.joints.length;
  const within = (share: number, joint: number): number => {
    const { positionRad, softMarginRad } = robot.joints[joint]?.limits ?? { positionRad: [0, 0], softMarginRad: 0 };
    const [low, high] = [positionRad[0] + softMarginRad, positionRad[1] - softMarginRad];
    return low + share * (high - low);
  };
  const startShares = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: joints, maxLength: joints });

  it('are passed on unchanged by the gate, period after period, whichever of them are chosen', () => {
    fc.assert(
      fc.property(startShares, choices(joints), (shares, periods) => {
        expect(interventions(robot, shares.map(within), periods)).toEqual([]);
      }),
      { numRuns: 40 },
    );
  });

  it.each([0, 1])('are passed on unchanged while all joints run into the ends of their ranges, end %d', (end) => {
    const periods = Array.from({ length: 150 }, () => Array<number>(joints).fill(end));
    const middle = Array.from({ length: joints }, (_, joint) => within(0.5, joint));
    expect(interventions(robot, middle, periods)).toEqual([]);
  });

  it('reach both ways from rest, and stay inside the soft limits', () => {
    const positionsRad = Float64Array.from({ length: joints }, (_, joint) => within(0.5, joint));
    const still = new Float64Array(joints);
    const { low, high } = new PassableTargets(robot).range({
      positionsRad,
      velocitiesRadPerS: still,
      accelerationsRadPerS2: still,
    });
    for (let joint = 0; joint < joints; joint += 1) {
      expect(low[joint]).toBeLessThan(positionsRad[joint] ?? 0);
      expect(high[joint]).toBeGreaterThan(positionsRad[joint] ?? 0);
      const up = new PassableTargets(robot).range({
        positionsRad: positionsRad.map((_, index) => within(1, index)),
        velocitiesRadPerS: still,
        accelerationsRadPerS2: still,
      });
      expect(up.high[joint]).toBeCloseTo(within(1, joint), 6);
    }
  });

  it('are never empty, whatever the commands did before', () => {
    const any = fc.array(fc.double({ min: -1e3, max: 1e3, noNaN: true }), { minLength: joints, maxLength: joints });
    fc.assert(
      fc.property(startShares, any, any, (shares, velocities, accelerations) => {
        const { low, high } = new PassableTargets(robot).range({
          positionsRad: Float64Array.from(shares.map(within)),
          velocitiesRadPerS: Float64Array.from(velocities),
          accelerationsRadPerS2: Float64Array.from(accelerations),
        });
        low.forEach((value, joint) => expect(value).toBeLessThanOrEqual(high[joint] ?? Number.NaN));
      }),
      { numRuns: 100 },
    );
  });
});
