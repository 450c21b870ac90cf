import type { Agent } from '../core/agent.ts';
import type { LoadedPolicy } from '../policy/load-policy.ts';
import { isRemotePolicy, loadRemotePolicy } from '../remote/load-remote-policy.ts';
import type { RobotSpec } from '../robot/robot-spec.ts';
import { GatoAgent } from './gato-agent.ts';
import type { LoadAgentOptions } from './gato-agent.ts';
import { RemoteAgent } from './remote-agent.ts';

export interface OpenPolicyOptions extends LoadAgentOptions {
  /** Of a policy on a server: another address than its manifest names. */
  readonly server?: string | undefined;
}

/**
 * The agent of a policy of any family. A clock says that it acts in real time. Throws what loading its family throws.
 * @param policy by name or folder, or one of this computer whose files were checked
 */
export async function openPolicy(
  robot: RobotSpec,
  policy: string | LoadedPolicy,
  { server, ...options }: OpenPolicyOptions = {},
): Promise<Agent> {
  if (typeof policy !== 'string' || !isRemotePolicy(policy)) return GatoAgent.load(robot, policy, options);
  return RemoteAgent.open(robot, loadRemotePolicy(policy, server), { clock: options.clock });
}
