import { describe, expect, it } from 'vitest';
import { Rng } from '../../src/core/rng.ts';
import { loadRobot } from '../../src/robot/load-robot.ts';
import { Perturbation, defaultPerturbation } from '../../src/runtime/perturbation.ts';

const robot = loadRobot('so101');
const home = Float64Array.from(robot.homeRad);

function run(seed: number, ticks: number, options = defaultPerturbation): Float64Array[] {
  const perturbation = new Perturbation(robot, new Rng(seed), options);
  return Array.from({ length: ticks }, () => perturbation.apply(home, home));
}

describe('Perturbation', () => {
  it('leaves targets alone when it has no chance to act', () => {
    const never = { ...defaultPerturbation, burstChance: 0, wanderChance: 0 };
    for (const target of run(1, 50, never)) expect(target).toBe(home);
  });

  it('comes in bursts and lets the target through between them', () => {
    const isDisturbed = run(3, 400).map((target) => target !== home);
    expect(isDisturbed).toContain(true);
    expect(isDisturbed).toContain(false);
  });

  it('moves no joint by more than its amplitude a tick, and none out of its range', () => {
    const edge = Float64Array.from(robot.joints, (joint) => joint.limits.positionRad[1]);
    const perturbation = new Perturbation(robot, new Rng(5), { ...defaultPerturbation, burstChance: 1 });
    for (let tick = 0; tick < 100; tick += 1) {
      perturbation.apply(home, edge).forEach((position, joint) => {
        const [, high] = robot.joints[joint]?.limits.positionRad ?? [0, 0];
        expect(position).toBeLessThanOrEqual(high);
        expect(Math.abs(position - (edge[joint] ?? 0))).toBeLessThanOrEqual(defaultPerturbation.amplitudeRad);
      });
    }
  });

  it('repeats with its seed', () => {
    expect(run(9, 60)).toEqual(run(9, 60));
    expect(run(9, 60)).not.toEqual(run(10, 60));
  });
});
