import { describe, expectTypeOf, it } from 'vitest';
import type { ArmDriver } from '../src/drivers/driver.ts';
import type { JointTarget } from '../src/core/action.ts';
import type { SafeCommand } from '../src/safety/safe-command.ts';

interface LooksLikeACommand {
  readonly positionsRad: Float64Array;
  readonly stampNs: number;
}

describe('the type wall', () => {
  it('lets a driver write nothing but a SafeCommand', () => {
    expectTypeOf<ArmDriver['write']>().parameters.toEqualTypeOf<[SafeCommand]>();
  });

  it('does not take a plain object of the same shape for a SafeCommand', () => {
    expectTypeOf<LooksLikeACommand>().not.toExtend<SafeCommand>();
    const driver = {} as ArmDriver;
    // @ts-expect-error a command that did not pass the gate does not compile
    driver.write({ positionsRad: new Float64Array(6), stampNs: 0 });
  });

  it('does not take the target of an agent for a SafeCommand', () => {
    expectTypeOf<JointTarget>().not.toExtend<SafeCommand>();
  });
});
