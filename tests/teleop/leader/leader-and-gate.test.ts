import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../src/core/clock.ts';
import type { ArmState } from '../../../src/core/observation.ts';
import { PushSource } from '../../../src/core/source.ts';
import type { StepRecord } from '../../../src/runtime/step-listener.ts';
import { LeaderAgent } from '../../../src/teleop/leader/leader-agent.ts';
import { leaderOfSource } from '../../../src/teleop/leader/leader-source.ts';
import { makeArmState, makeRobot } from '../../../src/testing/index.ts';
import { runGated } from '../gated-run.ts';

describe('a leader through the gate', () => {
  const small = makeRobot({ rates: { controlHz: 20, gateHz: 100, stateHz: 100 } });

  /** Lets somebody move the leader by steps, and switch it on and off. */
  async function led(
    moves: readonly { readonly by: readonly number[]; readonly toggle: boolean; readonly gap: boolean }[],
  ): Promise<StepRecord[]> {
    const clock = new VirtualClock();
    clock.advanceNs(5e9);
    const source = new PushSource<ArmState>();
    const names = small.joints.map(({ name }) => name);
    const agent = new LeaderAgent({ robot: small, clock, source: leaderOfSource('leader', source, names) });
    const at = [...small.homeRad];
    const { steps } = await runGated({
      robot: small,
      clock,
      agent,
      timeLimitS: moves.length / 20,
      onTick: (tick) => {
        const move = moves[tick];
        if (move === undefined) return;
        move.by.forEach((by, joint) => (at[joint] = (at[joint] ?? 0) + by));
        if (!move.gap) source.push(makeArmState(at, clock.nowNs()));
        if (move.toggle && agent.isEngaged) agent.disengage();
        else if (move.toggle) agent.engage();
      },
    });
    return steps;
  }

  it('never makes the arm jump, and leaves the gate nothing to limit', async () => {
    const move = fc.record({
      by: fc.tuple(fc.double({ min: -0.2, max: 0.2, noNaN: true }), fc.double({ min: -0.2, max: 0.2, noNaN: true })),
      toggle: fc.oneof({ weight: 1, arbitrary: fc.constant(true) }, { weight: 6, arbitrary: fc.constant(false) }),
      gap: fc.oneof({ weight: 1, arbitrary: fc.constant(true) }, { weight: 9, arbitrary: fc.constant(false) }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(move, { minLength: 20, maxLength: 120 }), async (moves) => {
        const reasons = new Set((await led(moves)).flatMap(({ gate }) => gate.reasons));
        expect([...reasons].filter((reason) => reason !== 'no-target')).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });
});
