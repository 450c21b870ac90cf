import type { Clock } from '../../core/clock.ts';
import type { RobotSpec } from '../../robot/robot-spec.ts';
import { requireSerial } from './arm-motors.ts';
import { DescriptorLink } from './byte-link.ts';
import { protocolOf } from './protocol-of.ts';
import { ServoBus } from './servo-bus.ts';

/** A port that is open, as any thread of the process can use it. */
export interface OpenedPort {
  readonly descriptor: number;
  /** For messages. */
  readonly path: string;
  readonly hasEcho: boolean;
  readonly clock: Clock;
  /** Asked before every use; see DescriptorLink. */
  readonly mayUse?: (() => boolean) | undefined;
}

/** The bus of an arm on a port that is open already. Throws ArmatureError E_NO_SERIAL. */
export function armBusOf(robot: RobotSpec, { descriptor, path, hasEcho, clock, mayUse }: OpenedPort): ServoBus {
  const { protocol, baudRate } = requireSerial(robot);
  const link = new DescriptorLink(descriptor, path, mayUse);
  return new ServoBus({ link, protocol: protocolOf(protocol), baudRate, clock, hasEcho });
}
