import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crc16 } from '../../../src/drivers/serial/crc16.ts';
import { DYNAMIXEL_PROTOCOL } from '../../../src/drivers/serial/dynamixel-protocol.ts';
import { FEETECH_PROTOCOL } from '../../../src/drivers/serial/feetech-protocol.ts';
import { PacketParser } from '../../../src/drivers/serial/packet-parser.ts';
import { INSTRUCTION } from '../../../src/drivers/serial/servo-protocol.ts';
import type { ServoProtocol } from '../../../src/drivers/serial/servo-protocol.ts';

interface Status {
  readonly id: number;
  readonly error: number;
  readonly data: readonly number[];
}

function encodeStatus(protocol: ServoProtocol, { id, error, data }: Status): Uint8Array {
  const out = new Uint8Array(1024);
  out.set(data, protocol.statusParameterOffset);
  return out.slice(0, protocol.frameStatus(out, id, error, data.length));
}

function found(parser: PacketParser): Status {
  const { id, error, parameters, parameterCount } = parser.packet;
  return { id, error, data: [...parameters.subarray(0, parameterCount)] };
}

function everyPacket(parser: PacketParser): Status[] {
  const packets: Status[] = [];
  while (parser.next()) packets.push(found(parser));
  while (parser.giveUpPending()) {
    packets.push(found(parser));
    while (parser.next()) packets.push(found(parser));
  }
  return packets;
}

/** Bytes that servos send often, so that headers, stuffing and lengths come up by chance. */
const byte = fc.oneof({ weight: 3, arbitrary: fc.constantFrom(0xff, 0xfd, 0xfe, 0x00, 0x55, 0x02, 0x04) }, fc.nat(255));
const noise = fc.uint8Array({ maxLength: 300 });
const likelyNoise = fc.array(byte, { maxLength: 300 }).map((bytes) => Uint8Array.from(bytes));
const status = fc.record({
  id: fc.nat(252),
  error: fc.nat(255),
  data: fc.array(byte, { maxLength: 40 }),
});

describe.each([FEETECH_PROTOCOL, DYNAMIXEL_PROTOCOL])('a parser of $name packets', (protocol) => {
  it('finds every packet of a clean stream, in whatever pieces it comes', () => {
    fc.assert(
      fc.property(fc.array(status, { maxLength: 8 }), fc.array(fc.integer({ min: 1, max: 30 })), (packets, pieces) => {
        const stream = Buffer.concat(packets.map((packet) => encodeStatus(protocol, packet)));
        const parser = new PacketParser(protocol, 'status');
        const seen: Status[] = [];
        for (let from = 0, piece = 0; from < stream.length; piece++) {
          const to = Math.min(stream.length, from + (pieces[piece % pieces.length] ?? stream.length));
          parser.push(stream, from, to);
          while (parser.next()) seen.push(found(parser));
          from = to;
        }
        expect(seen).toEqual(packets);
        expect(parser.counts).toEqual({ strayBytes: 0, badChecks: 0 });
      }),
    );
  });

  it('finds a packet after any noise, once it is told that no more will come', () => {
    fc.assert(
      fc.property(fc.oneof(noise, likelyNoise), status, (bytes, packet) => {
        const parser = new PacketParser(protocol, 'status');
        parser.push(bytes);
        parser.push(encodeStatus(protocol, packet));
        // Noise may by chance be a packet itself, or the beginning of one that ends in ours.
        const packets = everyPacket(parser);
        fc.pre(packets.length === 1);
        expect(packets[0]).toEqual(packet);
      }),
    );
  });

  it('accepts nothing whose check is bad, throws nothing and comes to an end, for any bytes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(noise, likelyNoise), { maxLength: 6 }),
        fc.constantFrom('status', 'instruction'),
        (pieces, kind) => {
          const parser = new PacketParser(protocol, kind as 'status' | 'instruction');
          const bytes = Buffer.concat(pieces);
          for (const piece of pieces) parser.push(piece);
          let from = 0;
          const accept = (): void => {
            const end = bytes.length - parser.pendingBytes;
            expect(hasGoodCheck(protocol, bytes.subarray(from, end))).toBe(true);
            from = end;
          };
          while (parser.next()) accept();
          while (parser.giveUpPending()) accept();
          expect(parser.pendingBytes).toBe(0);
        },
      ),
    );
  });

  it('refuses a packet with any one bit turned', () => {
    fc.assert(
      fc.property(status, fc.nat(), (packet, position) => {
        const bytes = encodeStatus(protocol, packet);
        const bit = position % (8 * bytes.length);
        bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        const parser = new PacketParser(protocol, 'status');
        parser.push(bytes);
        // A shorter packet may by chance lie in the data; the one that was sent must not come out.
        expect(everyPacket(parser)).not.toContainEqual(packet);
      }),
    );
  });

  it('keeps the newest bytes when nobody takes packets away', () => {
    const parser = new PacketParser(protocol, 'status');
    parser.push(new Uint8Array(100_000).fill(0x17));
    parser.push(encodeStatus(protocol, { id: 7, error: 0, data: [1, 2, 3] }));
    expect(everyPacket(parser)).toEqual([{ id: 7, error: 0, data: [1, 2, 3] }]);
  });

  it('reads instruction packets on the side of the servos', () => {
    const out = new Uint8Array(64);
    out.set([42, 2], protocol.parameterOffset);
    const parser = new PacketParser(protocol, 'instruction');
    parser.push(out, 0, protocol.frame(out, 3, INSTRUCTION.write, 2));
    expect(parser.next()).toBe(true);
    expect(parser.packet.instruction).toBe(INSTRUCTION.write);
    expect(found(parser)).toEqual({ id: 3, error: 0, data: [42, 2] });
  });
});

/** Whether a packet with a good check ends where these bytes end. Written a second time, after the vendors' documents. */
function hasGoodCheck(protocol: ServoProtocol, bytes: Uint8Array): boolean {
  for (let from = 0; from < bytes.length - 5; from++) {
    const packet = bytes.subarray(from);
    if (packet[0] !== 0xff || packet[1] !== 0xff) continue;
    if (protocol.name === 'feetech') {
      const sum = packet.subarray(2, -1).reduce((total, value) => total + value, 0);
      if (packet[3] === packet.length - 4 && (sum + (packet.at(-1) ?? 0)) % 256 === 255) return true;
    } else {
      const counted = (packet[5] ?? 0) + 256 * (packet[6] ?? 0);
      const crc = (packet.at(-2) ?? 0) + 256 * (packet.at(-1) ?? 0);
      if (packet[2] === 0xfd && counted === packet.length - 7 && crc16(packet, 0, packet.length - 2) === crc)
        return true;
    }
  }
  return false;
}

describe('the CRC of Dynamixels', () => {
  it('is that of the example in their manual', () => {
    const ping = Uint8Array.of(0xff, 0xff, 0xfd, 0x00, 0x01, 0x03, 0x00, 0x01);
    expect(crc16(ping, 0, ping.length)).toBe(0x4e19);
  });
});
