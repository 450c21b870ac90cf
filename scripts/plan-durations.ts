/*
 * Plans trajectories for an oracle to check: reads a JSON array of cases from standard input, each with
 * {position, velocity, acceleration, target, maxVelocity, maxAcceleration, maxJerk}, one value per joint, and
 * writes a JSON array of {durationS, endError, excess}: the durations, how far from rest at the target they end, and
 * the largest velocity, acceleration or jerk on the way as a share of its limit.
 */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { stateAt } from '../src/safety/axis-profile.ts';
import type { JointLimits } from '../src/safety/joint-limits.ts';
import { planTrajectory } from '../src/safety/trajectory.ts';
import type { Trajectory } from '../src/safety/trajectory.ts';

const values = z.array(z.number());
const caseSchema = z.object({
  position: values,
  velocity: values,
  acceleration: values,
  target: values,
  maxVelocity: values,
  maxAcceleration: values,
  maxJerk: values,
});
type Case = z.infer<typeof caseSchema>;

function limitsOf({ maxVelocity, maxAcceleration, maxJerk }: Case): JointLimits {
  const rates = maxAcceleration.map((accelerationRadPerS2, joint) => ({
    accelerationRadPerS2,
    jerkRadPerS3: maxJerk[joint] ?? NaN,
  }));
  const unbounded = new Float64Array(maxVelocity.length).fill(Infinity);
  const below = unbounded.map((value) => -value);
  return {
    names: maxVelocity.map((_, joint) => `joint-${joint}`),
    hardLowRad: below,
    hardHighRad: unbounded,
    softLowRad: below,
    softHighRad: unbounded,
    velocityRadPerS: Float64Array.from(maxVelocity),
    velocityCurves: [],
    rates,
    brakes: rates,
  };
}

function excess({ axes }: Trajectory, { maxVelocity, maxAcceleration, maxJerk }: Case): number {
  let most = 0;
  axes.forEach((axis, joint) => {
    let timeS = 0;
    for (const { durationS, jerkRadPerS3 } of axis.segments) {
      most = Math.max(most, Math.abs(jerkRadPerS3) / (maxJerk[joint] ?? NaN));
      for (const share of [0, 0.25, 0.5, 0.75, 1]) {
        const { velocity, acceleration } = stateAt(axis, timeS + share * durationS);
        most = Math.max(most, Math.abs(velocity) / (maxVelocity[joint] ?? NaN));
        most = Math.max(most, Math.abs(acceleration) / (maxAcceleration[joint] ?? NaN));
      }
      timeS += durationS;
    }
  });
  return most;
}

const cases = z.array(caseSchema).parse(JSON.parse(readFileSync(0, 'utf8')));
const results = cases.map((entry) => {
  const motion = {
    positionsRad: Float64Array.from(entry.position),
    velocitiesRadPerS: Float64Array.from(entry.velocity),
    accelerationsRadPerS2: Float64Array.from(entry.acceleration),
  };
  const trajectory = planTrajectory(motion, Float64Array.from(entry.target), limitsOf(entry));
  const endError = Math.max(
    ...trajectory.axes.map((axis, joint) =>
      Math.abs(stateAt(axis, axis.durationS).position - (entry.target[joint] ?? NaN)),
    ),
  );
  return { durationS: trajectory.durationS, endError, excess: excess(trajectory, entry) };
});
console.log(JSON.stringify(results));
