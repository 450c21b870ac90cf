import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeActions } from '../../src/actions/action-codec.ts';
import { allowedBins } from '../../src/actions/allowed-bins.ts';
import { loadPolicy } from '../../src/policy/load-policy.ts';
import { loadRobot } from '../../src/robot/load-robot.ts';
import type { RobotSpec } from '../../src/robot/robot-spec.ts';
import { spaceSchema } from '../../src/robot/space-spec.ts';
import { loadSpaceGuard } from '../../src/runtime/load-space-guard.ts';
import { Setpoint } from '../../src/runtime/setpoint.ts';
import { SpaceMask } from '../../src/runtime/space-mask.ts';
import { SafetyGate } from '../../src/safety/gate.ts';
import type { Reason } from '../../src/safety/reasons.ts';
import { ReachableTargets } from '../../src/safety/reachable-targets.ts';
import type { SpaceGuard } from '../../src/safety/space-guard.ts';
import { makeArmState, makeTarget } from '../../src/testing/index.ts';

const so101 = loadRobot('so101');
/** A post stands to the right of the arm, in the way of the gripper. */
const post = { name: 'the post', box: { centreM: [0.17, -0.14, 0.15], halfSizesM: [0.02, 0.02, 0.15] } } as const;
const robot: RobotSpec = { ...so101, space: spaceSchema.parse({ ...so101.space, keepOut: [post] }) };
const spec = loadPolicy('desk').manifest.tokens;
const { textVocabulary, bins } = spec.codec;
const GATE_PERIOD_NS = 1e9 / robot.rates.gateHz;
const TICKS = robot.rates.gateHz / robot.rates.controlHz;

let guards: SpaceGuard[];
beforeAll(async () => {
  guards = await Promise.all([loadSpaceGuard(robot), loadSpaceGuard(robot)]);
});
afterAll(() => guards.forEach((guard) => guard.dispose()));

interface Ride {
  readonly reasons: Set<Reason>;
  readonly narrowed: number;
  readonly commandRad: Float64Array;
}

/** Some decisions that all want the same bins, from home on; 'stay' is the bin that does not move a joint. */
function ride(wishes: readonly ('stay' | number)[], isMasked: boolean, decisions = 60): Ride {
  const [space, other] = guards as [SpaceGuard, SpaceGuard];
  const mask = new SpaceMask(robot, other, spec);
  const gate = new SafetyGate(robot, { space });
  const setpoint = new Setpoint(robot);
  const reachable = new ReachableTargets(robot);
  const reasons = new Set<Reason>();
  let commandRad = Float64Array.from(robot.homeRad);
  let narrowed = 0;
  gate.arm(makeArmState(robot.homeRad, 1e9), 1e9);
  for (let tick = 0; tick < decisions * TICKS; tick += 1) {
    const nowNs = 1e9 + (tick + 1) * GATE_PERIOD_NS;
    if (tick % TICKS === 0) {
      const allowed = allowedBins(spec, commandRad, robot, {
        ...reachable.range(commandRad),
        measuredRad: commandRad,
      });
      const review = mask.review(commandRad, commandRad);
      const ids = wishes.map((wish, joint) => {
        const interval = allowed[joint] ?? { low: 0, high: bins - 1 };
        const bin =
          wish === 'stay' ? stayBin(joint, commandRad) : Math.min(Math.max(wish, interval.low), interval.high);
        const narrower = isMasked ? review.narrow(joint, bin, interval) : undefined;
        narrowed += narrower === undefined ? 0 : 1;
        const chosen = narrower === undefined ? bin : Math.min(Math.max(bin, narrower.low), narrower.high);
        review.chose(joint, chosen);
        return textVocabulary + chosen;
      });
      const targetRad = decodeActions(spec, ids, commandRad, commandRad);
      mask.decided(targetRad, commandRad);
      setpoint.follow(makeTarget([...targetRad], nowNs), commandRad, nowNs);
    }
    const value = makeArmState([...commandRad], nowNs);
    const asked = setpoint.at(nowNs, gate.commanded);
    const decision = gate.step({ nowNs, ...asked, measured: { value, ageNs: 0, fresh: true } });
    for (const reason of decision.reasons) reasons.add(reason);
    commandRad = Float64Array.from(decision.emittedRad);
  }
  return { reasons, narrowed, commandRad };
}

function stayBin(joint: number, commandRad: Float64Array): number {
  const { kind, lowRad = 0, highRad = 0 } = spec.actions[joint] ?? {};
  const value = kind === 'delta' ? 0 : (commandRad[joint] ?? 0);
  return Math.floor(((value - lowRad) / (highRad - lowRad)) * bins);
}

describe('the safety mask and the space around the arm', () => {
  const towardsThePost = [bins - 1, 'stay', 'stay', 'stay', 'stay', 'stay'] as const;

  it('without it the gate stops an arm that is sent into a zone', () => {
    expect(ride(towardsThePost, false).reasons).toContain('keep-out');
  });

  it('chooses what leads up to the zone and no further, so that the gate has nothing to stop', () => {
    const { reasons, narrowed, commandRad } = ride(towardsThePost, true);
    expect([...reasons]).toEqual([]);
    expect(narrowed).toBeGreaterThan(0);
    const stopped = ride(towardsThePost, false).commandRad;
    expect(commandRad[0]).toBeGreaterThan((stopped[0] ?? 0) - 0.01);
  });

  it('changes nothing where nothing is near', () => {
    const { reasons, narrowed } = ride(['stay', 'stay', 'stay', 'stay', bins - 1, 'stay'], true, 20);
    expect([...reasons]).toEqual([]);
    expect(narrowed).toBe(0);
  });
});
