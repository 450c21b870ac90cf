import { ArmatureError } from '../core/errors.ts';

/** A message of a policy server, or to one, that is not what its receiver can use. */
export class MessageError extends ArmatureError {
  constructor(problem: string, expected: string, cause?: unknown) {
    super('E_POLICY_MESSAGE', `a message between policy and server cannot be used: ${problem}`, {
      expected,
      remedy: 'Compare the entries of policy.json with what the server takes and gives, see docs/remote-policies.md.',
      ...(cause === undefined ? {} : { cause }),
    });
  }
}
