import { describe, expect, it } from 'vitest';
import { DYNAMIXEL_PROTOCOL } from '../../../src/drivers/serial/dynamixel-protocol.ts';
import { FEETECH_PROTOCOL } from '../../../src/drivers/serial/feetech-protocol.ts';
import {
  encodeAction,
  encodeBulkRead,
  encodeBulkWrite,
  encodeFactoryReset,
  encodeFastSyncRead,
  encodePing,
  encodeRead,
  encodeReboot,
  encodeRegWrite,
  encodeSyncRead,
  encodeSyncWrite,
  encodeWrite,
} from '../../../src/drivers/serial/instructions.ts';
import { BROADCAST_ID } from '../../../src/drivers/serial/servo-protocol.ts';

const out = new Uint8Array(256);
const hex = (length: number): string => Buffer.from(out.subarray(0, length)).toString('hex');
const ids = Uint8Array.of(1, 2, 3, 4, 5, 6);

/** Every packet here is what the vendor's Python SDK sends: feetech-servo-sdk 1.0.0, dynamixel-sdk 4.1.0. */
describe('instruction packets of Feetech servos are those of the vendor', () => {
  const protocol = FEETECH_PROTOCOL;
  const write = { id: 3, address: 42, data: Uint8Array.of(0xff, 0x07) };
  it.each([
    ['ping', () => encodePing(protocol, out, 1), 'ffff010201fb'],
    ['read', () => encodeRead(protocol, out, 2, { address: 56, length: 15 }), 'ffff020402380fb0'],
    ['write', () => encodeWrite(protocol, out, write), 'ffff0305032aff07c4'],
    ['reg write', () => encodeRegWrite(protocol, out, write), 'ffff0305042aff07c3'],
    ['action', () => encodeAction(protocol, out, BROADCAST_ID), 'fffffe0205fa'],
    [
      'sync read',
      () => encodeSyncRead(protocol, out, { address: 56, length: 15, ids }),
      'fffffe0a82380f01020304050619',
    ],
    [
      'sync write',
      () =>
        encodeSyncWrite(protocol, out, {
          address: 42,
          length: 2,
          ids: Uint8Array.of(1, 2),
          data: Uint8Array.of(0, 8, 255, 15),
        }),
      'fffffe0a832a0201000802ff0f2f',
    ],
  ])('%s', (_, encode, expected) => {
    expect(hex(encode())).toBe(expected);
  });
});

describe('instruction packets of Dynamixels are those of the vendor', () => {
  const protocol = DYNAMIXEL_PROTOCOL;
  const write = { id: 3, address: 116, data: Uint8Array.of(0xff, 0x07, 0, 0) };
  const span = { address: 126, length: 21, ids };
  it.each([
    ['ping', () => encodePing(protocol, out, 1), 'fffffd0001030001194e'],
    ['read', () => encodeRead(protocol, out, 2, { address: 132, length: 4 }), 'fffffd0002070002840004001725'],
    ['write', () => encodeWrite(protocol, out, write), 'fffffd00030900037400ff0700008dc5'],
    ['reg write', () => encodeRegWrite(protocol, out, write), 'fffffd00030900047400ff070000fe42'],
    ['action', () => encodeAction(protocol, out, BROADCAST_ID), 'fffffd00fe0300052ac2'],
    ['reboot', () => encodeReboot(protocol, out, 4), 'fffffd00040300082f0a'],
    ['factory reset', () => encodeFactoryReset(protocol, out, 4, 'id'), 'fffffd00040400060139e7'],
    ['sync read', () => encodeSyncRead(protocol, out, span), 'fffffd00fe0d00827e0015000102030405065fc7'],
    ['fast sync read', () => encodeFastSyncRead(protocol, out, span), 'fffffd00fe0d008a7e0015000102030405065ced'],
    [
      'sync write',
      () =>
        encodeSyncWrite(protocol, out, {
          address: 116,
          length: 4,
          ids: Uint8Array.of(1, 2),
          data: Uint8Array.of(0, 8, 0, 0, 255, 15, 0, 0),
        }),
      'fffffd00fe11008374000400010008000002ff0f00002fc0',
    ],
    [
      'bulk read',
      () =>
        encodeBulkRead(protocol, out, [
          { id: 1, address: 132, length: 4 },
          { id: 2, address: 126, length: 2 },
        ]),
      'fffffd00fe0d00920184000400027e000200d406',
    ],
    [
      'bulk write',
      () =>
        encodeBulkWrite(protocol, out, [
          { id: 1, address: 116, data: Uint8Array.of(0, 8, 0, 0) },
          { id: 2, address: 64, data: Uint8Array.of(1) },
        ]),
      'fffffd00fe1200930174000400000800000240000100011461',
    ],
  ])('%s', (_, encode, expected) => {
    expect(hex(encode())).toBe(expected);
  });

  it('puts an FD after what would look like a header', () => {
    // FF FF FD FF FF FD FD: two headers, and an FD of the data's own after the second.
    const data = Uint8Array.of(0xff, 0xff, 0xfd, 0xff, 0xff, 0xfd, 0xfd);
    const length = encodeWrite(protocol, out, { id: 3, address: 116, data });
    expect(hex(length).slice(20, -4)).toBe('fffffdfdfffffdfdfd');
    expect(out[5]).toBe(1 + 2 + 7 + 2 + 2);
  });
});

describe('what does not fit', () => {
  it.each([FEETECH_PROTOCOL, DYNAMIXEL_PROTOCOL])('gives no packet of $name', (protocol) => {
    expect(encodeWrite(protocol, new Uint8Array(8), { id: 1, address: 1, data: new Uint8Array(9) })).toBe(0);
    expect(encodeWrite(protocol, new Uint8Array(4000), { id: 1, address: 1, data: new Uint8Array(2000) })).toBe(0);
  });

  it('gives no packet when byte stuffing needs more room than there is', () => {
    const data = Uint8Array.of(0xff, 0xff, 0xfd);
    expect(encodeWrite(DYNAMIXEL_PROTOCOL, new Uint8Array(15), { id: 1, address: 1, data })).toBe(0);
    expect(encodeWrite(DYNAMIXEL_PROTOCOL, new Uint8Array(16), { id: 1, address: 1, data })).toBe(16);
  });
});
