import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EmittedSequence } from '../../bench/gate/emitted-sequence.ts';
import '../property-seed.ts';
import { loadRobot } from '../../src/robot/load-robot.ts';
import { robotProblems } from '../../src/robot/robot-problems.ts';
import type { JointSpec, RobotSpec } from '../../src/robot/robot-spec.ts';
import { stopAcceleration, stopDisplacement } from '../../src/safety/braking.ts';
import type { BrakeLimits } from '../../src/safety/braking.ts';
import { SafetyGate } from '../../src/safety/gate.ts';
import type { Reason } from '../../src/safety/reasons.ts';
import { curveReach } from '../../src/safety/velocity-curve.ts';
import type { VelocityCurve } from '../../src/safety/velocity-curve.ts';
import { makeArmState, makeTarget } from '../../src/testing/index.ts';

/** Limits and curves as they may be: the curve falls no faster than the jerk lets the joint brake. */
const limits = fc
  .record({
    accelerationRadPerS2: fc.double({ min: 1, max: 50, noNaN: true }),
    offsetRadPerS: fc.double({ min: 0.05, max: 1, noNaN: true }),
    slopeRadPerS2: fc.double({ min: 1, max: 60, noNaN: true }),
    spare: fc.double({ min: 1, max: 20, noNaN: true }),
  })
  .map(({ accelerationRadPerS2, offsetRadPerS, slopeRadPerS2, spare }) => ({
    brake: { accelerationRadPerS2, jerkRadPerS3: (spare * slopeRadPerS2 ** 2) / (4 * offsetRadPerS) },
    curve: { offsetRadPerS, slopeRadPerS2, lowRad: -1, highRad: 1 },
  }));
const speed = fc.double({ min: -6, max: 6, noNaN: true });
const share = fc.double({ min: -1, max: 1, noNaN: true });

/** The largest reach of the quickest stop, by walking along it in small steps. */
function walkedReach(velocity: number, acceleration: number, brake: BrakeLimits, curve: VelocityCurve): number {
  const reach = (place: number, v: number): number =>
    v > 0 ? place + (v + curve.offsetRadPerS) ** 2 / curve.slopeRadPerS2 : 0;
  const durationS = Math.abs(velocity) / brake.accelerationRadPerS2 + brake.accelerationRadPerS2 / brake.jerkRadPerS3;
  const stepS = durationS / 4000;
  let largest = curve.offsetRadPerS ** 2 / curve.slopeRadPerS2;
  let [place, v, a] = [0, velocity, acceleration];
  for (let step = 0; step < 16_000 && (v !== 0 || a !== 0); step += 1) {
    largest = Math.max(largest, reach(place, v));
    a = stopAcceleration(v, a, stepS, brake);
    v += a * stepS;
    place += v * stepS;
    if (Math.abs(v) < 1e-9) break;
  }
  return largest;
}

describe('curveReach', () => {
  it('is the largest reach of the quickest stop', () => {
    fc.assert(
      fc.property(limits, speed, share, ({ brake, curve }, velocity, part) => {
        const acceleration = part * brake.accelerationRadPerS2;
        // Stops that turn round are bounded, not found.
        fc.pre(velocity + (acceleration * Math.abs(acceleration)) / (2 * brake.jerkRadPerS3) > 0);
        const walked = walkedReach(velocity, acceleration, brake, curve);
        const found = curveReach(velocity, acceleration, brake, curve);
        expect(Math.abs(found - walked)).toBeLessThan(1e-3 * (1 + walked));
      }),
      { numRuns: 300 },
    );
  });

  it('grows with velocity and with acceleration', () => {
    fc.assert(
      fc.property(
        limits,
        speed,
        share,
        fc.double({ min: 0, max: 2, noNaN: true }),
        ({ brake, curve }, velocity, part, more) => {
          const most = brake.accelerationRadPerS2;
          const here = curveReach(velocity, part * most, brake, curve);
          const tolerance = 1e-9 * (1 + here);
          expect(curveReach(velocity + more, part * most, brake, curve)).toBeGreaterThan(here - tolerance);
          expect(curveReach(velocity, Math.min(1, part + more) * most, brake, curve)).toBeGreaterThan(here - tolerance);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('is no larger after a step of a stop, however long the step is', () => {
    const stepS = fc.double({ min: -6, max: 0, noNaN: true }).map((power) => 10 ** power);
    fc.assert(
      fc.property(
        limits,
        speed,
        share,
        fc.array(stepS, { minLength: 1, maxLength: 30 }),
        ({ brake, curve }, start, part, steps) => {
          let [place, velocity, acceleration] = [0, start, part * brake.accelerationRadPerS2];
          let before = curveReach(velocity, acceleration, brake, curve);
          for (const step of steps) {
            acceleration = stopAcceleration(velocity, acceleration, step, brake);
            velocity += acceleration * step;
            place += velocity * step;
            const after = place + curveReach(velocity, acceleration, brake, curve);
            expect(after).toBeLessThanOrEqual(before + 1e-9 * (1 + Math.abs(before)));
            before = after;
          }
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('is never less than where a stop ends', () => {
    fc.assert(
      fc.property(limits, speed, share, ({ brake, curve }, velocity, part) => {
        const acceleration = part * brake.accelerationRadPerS2;
        const end = stopDisplacement(velocity, acceleration, brake);
        expect(curveReach(velocity, acceleration, brake, curve)).toBeGreaterThanOrEqual(end - 1e-9);
      }),
    );
  });
});

describe('SafetyGate, with velocity limits by position', () => {
  const robot = loadRobot('fr3');
  const [first] = robot.joints as [JointSpec];

  /** From the middle to an end of the range of each joint in turn, as fast as the gate lets it. */
  function driven(
    spec: RobotSpec,
    joint: number,
  ): { readonly reasons: Set<Reason>; readonly emitted: EmittedSequence; readonly ticks: number } {
    const gate = new SafetyGate(spec);
    const target = Float64Array.from(spec.homeRad);
    const end = (spec.joints[joint] as JointSpec).limits.positionRad[1];
    target[joint] = end;
    let [nowNs, commandRad] = [1e9, Float64Array.from(spec.homeRad)];
    const emitted = new EmittedSequence(spec, commandRad, nowNs);
    const reasons = new Set<Reason>();
    gate.arm(makeArmState([...commandRad], nowNs), nowNs);
    for (let tick = 0; ; tick += 1) {
      nowNs += 1e9 / spec.rates.gateHz;
      const asked = tick === 0 ? commandRad : target;
      const measured = { value: makeArmState([...commandRad], nowNs), ageNs: 0, fresh: true };
      const decision = gate.step({ nowNs, target: makeTarget([...asked], nowNs), measured });
      for (const reason of decision.reasons) reasons.add(reason);
      emitted.add(decision.command.positionsRad, decision.command.stampNs);
      const isThere = tick > 10 && commandRad.every((value, index) => value === decision.emittedRad[index]);
      commandRad = decision.emittedRad.slice();
      if (isThere || tick > 2000) return { reasons, emitted, ticks: tick };
    }
  }

  it('keeps them to the end of the range, and comes within a percent of them', () => {
    for (let joint = 0; joint < 4; joint += 1) {
      const { emitted } = driven(robot, joint);
      for (const [limit, ratio] of Object.entries(emitted.worst)) expect(ratio, limit).toBeLessThanOrEqual(1 + 1e-9);
      expect(emitted.worst.velocity, robot.joints[joint]?.name).toBeGreaterThan(0.99);
    }
  });

  it('reaches the end of the range', () => {
    robot.joints
      .slice(0, 7)
      .forEach((_, joint) => expect(driven(robot, joint).emitted.worst.position).toBeCloseTo(1, 3));
  });

  it('refuses constants that leave nothing at the soft limits, and such as the jerk cannot follow', () => {
    const withCurve = (changes: Partial<NonNullable<JointSpec['limits']['velocityByPosition']>>): readonly string[] => {
      const curve = {
        ...(first.limits.velocityByPosition as NonNullable<JointSpec['limits']['velocityByPosition']>),
        ...changes,
      };
      const joint = { ...first, limits: { ...first.limits, velocityByPosition: curve } };
      return robotProblems({ ...robot, joints: [joint, ...robot.joints.slice(1)] });
    };
    expect(withCurve({})).toEqual([]);
    expect(withCurve({ endsRad: [-2.7501, 2.72] }).join()).toMatch(/"fr3_joint1".*widen softMarginRad/);
    expect(withCurve({ slopeRadPerS2: 1e4, offsetRadPerS: 0.1 }).join()).toMatch(/"fr3_joint1".*jerk/);
  });
});
