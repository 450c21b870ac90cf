import type { Agent } from '../core/agent.ts';
import { isRemotePolicy, loadRemotePolicy } from '../remote/load-remote-policy.ts';
import type { RobotSpec } from '../robot/robot-spec.ts';
import { GatoAgent } from './gato-agent.ts';
import { RemoteAgent } from './remote-agent.ts';

export type OpenPolicyOptions = NonNullable<Parameters<typeof GatoAgent.load>[2]> & {
  /** Of a policy on a server: another address than its manifest names. */
  readonly server?: string | undefined;
};

/**
 * The agent of a policy of any family, by name or folder. A clock says that it acts in real time.
 * Throws what loading its family throws.
 */
export async function openPolicy(
  robot: RobotSpec,
  nameOrDirectory: string,
  { server, ...options }: OpenPolicyOptions = {},
): Promise<Agent> {
  if (!isRemotePolicy(nameOrDirectory)) return GatoAgent.load(robot, nameOrDirectory, options);
  return RemoteAgent.open(robot, loadRemotePolicy(nameOrDirectory, server), { clock: options.clock });
}
