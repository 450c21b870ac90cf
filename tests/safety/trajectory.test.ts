import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stateAt } from '../../src/safety/axis-profile.ts';
import { jointLimits } from '../../src/safety/joint-limits.ts';
import { standingAt } from '../../src/safety/limiter.ts';
import { planTrajectory, positionsAt } from '../../src/safety/trajectory.ts';
import { makeRobot } from '../../src/testing/index.ts';

const limits = jointLimits(makeRobot());
const position = fc.tuple(
  fc.double({ min: -1.5, max: 1.5, noNaN: true }),
  fc.double({ min: -0.2, max: 1.2, noNaN: true }),
);
const share = fc.double({ min: -1, max: 1, noNaN: true });

describe('planTrajectory', () => {
  it('goes from rest to rest within the limits, all joints arriving together', () => {
    fc.assert(
      fc.property(position, position, (from, to) => {
        const trajectory = planTrajectory(standingAt(Float64Array.from(from)), Float64Array.from(to), limits);
        const begin = positionsAt(trajectory, 0);
        from.forEach((start, joint) => expect(begin[joint]).toBeCloseTo(start, 12));
        const end = positionsAt(trajectory, trajectory.durationS);
        to.forEach((goal, joint) => expect(end[joint]).toBeCloseTo(goal, 9));
        trajectory.axes.forEach((axis, joint) => {
          const isMoving = Math.abs((to[joint] as number) - (from[joint] as number)) > 1e-8;
          if (isMoving) expect(axis.durationS).toBeCloseTo(trajectory.durationS, 6);
          for (let step = 0; step <= 50; step += 1) {
            const { velocity, acceleration } = stateAt(axis, (step / 50) * trajectory.durationS);
            const rates = limits.rates[joint];
            expect(Math.abs(velocity)).toBeLessThanOrEqual((limits.velocityRadPerS[joint] as number) * (1 + 1e-9));
            expect(Math.abs(acceleration)).toBeLessThanOrEqual((rates?.accelerationRadPerS2 ?? 0) * (1 + 1e-9));
          }
        });
      }),
    );
  });

  it('ends at rest on the target whatever the motion it starts from', () => {
    fc.assert(
      fc.property(position, position, fc.tuple(share, share), fc.tuple(share, share), (from, to, speeds, rates) => {
        const motion = {
          positionsRad: Float64Array.from(from),
          velocitiesRadPerS: limits.velocityRadPerS.map((speed, joint) => speed * (speeds[joint] as number) * 0.5),
          accelerationsRadPerS2: Float64Array.from(
            rates,
            (rate, joint) => rate * (limits.rates[joint]?.accelerationRadPerS2 ?? 0),
          ),
        };
        const trajectory = planTrajectory(motion, Float64Array.from(to), limits);
        trajectory.axes.forEach((axis, joint) => {
          const { position: end, velocity, acceleration } = stateAt(axis, axis.durationS * (1 - 1e-12));
          expect(end).toBeCloseTo(to[joint] as number, 7);
          expect(velocity).toBeCloseTo(0, 6);
          expect(acceleration).toBeCloseTo(0, 4);
        });
      }),
    );
  });

  it('takes twice as long at half the speed over a long way', () => {
    const start = standingAt(Float64Array.of(-1.4, 0));
    const [full, half] = [1, 0.5].map((speed) => planTrajectory(start, Float64Array.of(1.4, 0), limits, speed));
    // 2.8 rad at 2 rad/s, and V/A + A/J for the ramps.
    expect(full?.durationS).toBeCloseTo(1.4 + 0.1 + 0.02, 9);
    expect(half?.durationS).toBeCloseTo(2.8 + 0.05 + 0.02, 9);
  });

  it('stays where it is when it is there', () => {
    const start = standingAt(Float64Array.of(0.3, 0.4));
    expect(planTrajectory(start, start.positionsRad, limits).durationS).toBe(0);
  });
});
