import { describe, expect, it } from 'vitest';
import { ADVERSARIES } from '../../bench/gate/adversaries.ts';
import { attack } from '../../bench/gate/attack.ts';
import { EmittedSequence, speedLimit } from '../../bench/gate/emitted-sequence.ts';
import { fuzzedRobots as robots } from '../../bench/gate/fuzzed-robots.ts';
import { Rng } from '../../src/core/rng.ts';
import { Limiter, blankMotion, isStill } from '../../src/safety/limiter.ts';
import { jointLimits } from '../../src/safety/joint-limits.ts';
import type { JointLimits, Motion } from '../../src/safety/joint-limits.ts';
import { shortestStepS } from '../../src/safety/step-length.ts';

const cases = robots.flatMap((robot) => ADVERSARIES.map((adversary) => ({ robot, adversary })));
const TOLERANCE = 1e-9;

describe('SafetyGate, attacked', () => {
  it.each(cases)('invariant 1: $robot.name against $adversary.name keeps all limits', ({ robot, adversary }) => {
    const { gate } = attack({ robot, adversary, seed: 11, steps: 10_000 });
    expect(gate.nonFinite).toBe(0);
    for (const [limit, ratio] of Object.entries(gate.worst)) expect(ratio, limit).toBeLessThanOrEqual(1 + TOLERANCE);
  });

  it.each(cases)(
    'invariant 2: $robot.name against $adversary.name can always stop inside its soft limits',
    ({ robot, adversary }) => {
      const limits = jointLimits(robot);
      const rng = new Rng(5);
      let failure: string | undefined;
      attack({
        robot,
        adversary,
        seed: 12,
        steps: 250,
        onStep: (_, gate) => {
          const motion = gate.snapshot().memory?.motion;
          if (motion !== undefined) failure ??= stopFailure(motion, limits, () => stepLengthS(robot, rng));
        },
      });
      expect(failure).toBeUndefined();
    },
  );

  it('takes steps of any length from its shortest on', () => {
    for (const robot of robots) {
      expect(shortestStepS(jointLimits(robot), 1 / robot.rates.gateHz), robot.name).toBeLessThan(2e-4);
    }
  });

  /** Steady, or of wildly different length from one step to the next. */
  function stepLengthS(robot: (typeof robots)[number], rng: Rng): number {
    const periodS = 1 / robot.rates.gateHz;
    return rng.uniform(0, 1) < 0.5 ? periodS : periodS * 10 ** rng.uniform(-1, 0.7);
  }

  /** What went wrong with a stop from this motion; undefined when it ended at rest within all limits. */
  function stopFailure(start: Motion, limits: JointLimits, nextStepS: () => number): string | undefined {
    const limiter = new Limiter(limits);
    let motion = start;
    for (let step = 0; step < 2000; step += 1) {
      if (isStill(motion)) return undefined;
      const stepS = nextStepS();
      const next = blankMotion(limits.names.length);
      limiter.brake(motion, stepS, next);
      for (let joint = 0; joint < limits.names.length; joint += 1) {
        const position = next.positionsRad[joint] as number;
        const rates = limits.rates[joint] as JointLimits['rates'][number];
        const acceleration = next.accelerationsRadPerS2[joint] as number;
        const jerk = (acceleration - (motion.accelerationsRadPerS2[joint] as number)) / stepS;
        const isInside =
          position >= (limits.softLowRad[joint] as number) && position <= (limits.softHighRad[joint] as number);
        const velocity = next.velocitiesRadPerS[joint] as number;
        const isSlow = Math.abs(velocity) <= speedLimit(limits, joint, position, velocity) * (1 + TOLERANCE);
        const isGentle =
          Math.abs(acceleration) <= rates.accelerationRadPerS2 * (1 + TOLERANCE) &&
          Math.abs(jerk) <= rates.jerkRadPerS3 * (1 + TOLERANCE);
        if (!isInside || !isSlow || !isGentle) return `${limits.names[joint]} at ${position}, step ${step}`;
      }
      motion = next;
    }
    return 'never at rest';
  }
});

describe('EmittedSequence', () => {
  it('sees what is beyond a limit', () => {
    const [robot] = robots;
    if (robot === undefined) throw new Error('there are robots');
    const emitted = new EmittedSequence(robot, Float64Array.from(robot.homeRad), 0);
    emitted.add(
      Float64Array.from(robot.homeRad, (position) => position + 0.06),
      1e7,
    );
    expect(emitted.worst.velocity).toBeGreaterThan(1.4);
    expect(emitted.worst.jerk).toBeGreaterThan(20);
    emitted.add(
      Float64Array.from(robot.homeRad, () => NaN),
      2e7,
    );
    expect(emitted.nonFinite).toBe(1);
  });
});
