import { describe, expectTypeOf, it } from 'vitest';
import type { ArmDriver } from '../src/drivers/driver.ts';
import type { JointTarget } from '../src/core/action.ts';
import type { AgentDecision } from '../src/core/agent.ts';
import type { ArmGuard } from '../src/safety/arm-guard.ts';
import type { OperatorToken } from '../src/safety/operator.ts';
import type { SafeCommand } from '../src/safety/safe-command.ts';

interface LooksLikeACommand {
  readonly positionsRad: Float64Array;
  readonly stampNs: number;
}

describe('the type wall', () => {
  it('invariant 21: lets a driver write nothing but a SafeCommand', () => {
    expectTypeOf<ArmDriver['write']>().parameters.toEqualTypeOf<[SafeCommand]>();
  });

  it('does not take a plain object of the same shape for a SafeCommand', () => {
    expectTypeOf<LooksLikeACommand>().not.toExtend<SafeCommand>();
    const driver = {} as ArmDriver;
    // @ts-expect-error a command that did not pass the gate does not compile
    driver.write({ positionsRad: new Float64Array(6), stampNs: 0 });
  });

  it('invariant 8: knows no targets but those of joints, so whoever moves the gripper in space has to find joints for it first', () => {
    expectTypeOf<AgentDecision['target']>().toEqualTypeOf<JointTarget | undefined>();
  });

  it('does not take the target of an agent for a SafeCommand', () => {
    expectTypeOf<JointTarget>().not.toExtend<SafeCommand>();
  });

  it('invariant 20: does not take a plain object, or a number, for the consent of an operator', () => {
    expectTypeOf<{ readonly serial: number }>().not.toExtend<OperatorToken>();
    const guard = {} as ArmGuard;
    // @ts-expect-error a reset without an operator does not compile
    guard.reset({ serial: 1 });
    // @ts-expect-error nor does more speed
    guard.speedUp(1, 1);
  });
});
