import { ArmatureError } from '../../core/errors.ts';
import type { TrunkRun } from './policy-state.ts';

/** An output of a run. Throws E_STATE_OUTPUT where the run has none of this name or, where told, of this size. */
export function outputOf(run: TrunkRun, name: string, size?: number): Float32Array {
  const output = run.outputs.get(name);
  if (output !== undefined && (size === undefined || output.length === size)) return output;
  throw new ArmatureError('E_STATE_OUTPUT', `the trunk did not give what the policy is to remember as "${name}"`, {
    ...(size === undefined ? {} : { expected: `${size} numbers` }),
    found: output === undefined ? `outputs ${[...run.outputs.keys()].join(', ')}` : `${output.length} numbers`,
    remedy: 'Check "state" in policy.json, or export the policy again.',
  });
}
