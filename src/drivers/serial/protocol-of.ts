import { DYNAMIXEL_PROTOCOL } from './dynamixel-protocol.ts';
import { FEETECH_PROTOCOL } from './feetech-protocol.ts';
import type { ProtocolName } from './servo-models.ts';
import type { ServoProtocol } from './servo-protocol.ts';

const PROTOCOLS = { feetech: FEETECH_PROTOCOL, dynamixel: DYNAMIXEL_PROTOCOL } satisfies Record<
  ProtocolName,
  ServoProtocol
>;

export function protocolOf(name: ProtocolName): ServoProtocol {
  return PROTOCOLS[name];
}
