import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EmittedSequence } from '../../../bench/gate/emitted-sequence.ts';
import { Rng } from '../../../src/core/rng.ts';
import { loadRobot } from '../../../src/robot/load-robot.ts';
import { loadSpaceGuard } from '../../../src/runtime/load-space-guard.ts';
import { SafetyGate } from '../../../src/safety/gate.ts';
import type { SpaceGuard } from '../../../src/safety/space-guard.ts';
import { mujoco } from '../../../src/sim/mujoco.ts';
import { makeArmState, makeTarget } from '../../../src/testing/index.ts';
import { drawPose, guardedRobot } from './guarded-robot.ts';
import { Oracle } from './oracle.ts';

const robot = guardedRobot(loadRobot('so101'));
const home = Float64Array.from(robot.homeRad);
let space: SpaceGuard;
let oracle: Oracle;
beforeAll(async () => {
  space = await loadSpaceGuard(robot);
  oracle = new Oracle(await mujoco(), robot);
});
afterAll(() => {
  space.dispose();
  oracle.twin.dispose();
});

/** Poses that break a rule, to be asked for. */
function badPose(rng: Rng): Float64Array {
  for (;;) {
    const pose = drawPose(robot, rng);
    if (oracle.spareM(pose) < -0.02) return pose;
  }
}

const targets: Record<string, (rng: Rng, tick: number, before: Float64Array) => Float64Array> = {
  random: (rng, tick, before) => (tick % 40 === 0 ? drawPose(robot, rng) : before),
  noise: (rng) => drawPose(robot, rng),
  forbidden: (rng, tick, before) => (tick % 70 === 0 ? badPose(rng) : before),
};

describe.each(Object.keys(targets))('the gate with %s targets', (name) => {
  it('invariants 4, 6 and 7: keeps clear of everything, slow enough, and within all limits of the joints', () => {
    const rng = new Rng(61);
    const gate = new SafetyGate(robot, { space });
    const emitted = new EmittedSequence(robot, home, 1e9);
    let nowNs = 1e9;
    let target: Float64Array = home;
    let before: Float64Array = home;
    let refusals = 0;
    gate.arm(makeArmState(robot.homeRad, nowNs), nowNs);
    for (let tick = 0; tick < 1200; tick += 1) {
      nowNs += 1e7;
      // The first target is where the arm stands: the gate then follows at full speed.
      if (tick > 0) target = targets[name]?.(rng, tick, target) ?? target;
      const value = makeArmState([...before], nowNs);
      const { emittedRad, command, reasons } = gate.step({
        nowNs,
        target: makeTarget([...target], nowNs),
        measured: { value, ageNs: 0, fresh: true },
      });
      emitted.add(emittedRad, command.stampNs);
      if (reasons.some((reason) => ['keep-out', 'self-collision', 'table', 'workspace'].includes(reason)))
        refusals += 1;
      expect(reasons).not.toContain('space-unchecked');
      expect(oracle.spareM(emittedRad)).toBeGreaterThanOrEqual(-1e-8);
      expect(oracle.stepM(before, emittedRad) / 0.01).toBeLessThanOrEqual(robot.space.speedMPerS.normal * (1 + 1e-6));
      before = emittedRad;
    }
    for (const ratio of Object.values(emitted.worst)) expect(ratio).toBeLessThanOrEqual(1 + 1e-9);
    if (name !== 'noise') expect(refusals).toBeGreaterThan(10);
  });
});
