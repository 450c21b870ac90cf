import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crc16 } from '../../../src/drivers/serial/crc16.ts';
import { STS_REGISTERS } from '../../../src/drivers/serial/feetech-registers.ts';
import {
  encodeFastSyncRead,
  encodePing,
  encodeRead,
  encodeSyncRead,
  encodeSyncWrite,
  fastSyncReadOffset,
} from '../../../src/drivers/serial/instructions.ts';
import { BenchArm } from './bench-arm.ts';

const SIX = Array.from({ length: 6 }, () => 'sts3215' as const);
const ids = Uint8Array.of(1, 2, 3, 4, 5, 6);

function quick(bench: BenchArm): BenchArm {
  for (const id of bench.arm.servos.map((servo) => servo.id)) bench.write(id, STS_REGISTERS.Return_Delay_Time, 0);
  return bench;
}

describe('an emulated bus', () => {
  it('takes the time that bytes take on the wire, both ways, and each servo its return delay', () => {
    const bench = new BenchArm(SIX);
    const span = { address: 56, length: 15, ids };
    const answers = quick(bench).ask((protocol, out) => encodeSyncRead(protocol, out, span));
    // 14 bytes there and 21 for each answer, 10 us a byte.
    expect(answers.map(({ afterNs }) => Math.round(afterNs / 1000))).toEqual([350, 560, 770, 980, 1190, 1400]);
    bench.write(1, STS_REGISTERS.Return_Delay_Time, 250);
    const [delayed] = bench.ask((protocol, out) => encodeRead(protocol, out, 1, { address: 56, length: 15 }));
    expect(Math.round((delayed?.afterNs ?? 0) / 1000)).toBe(80 + 500 + 210);
  });

  it('answers a write under the id and at the rate from before', () => {
    const bench = quick(new BenchArm(['sts3215']));
    expect(bench.write(1, STS_REGISTERS.ID, 9)).toBe(0);
    expect(bench.ask((protocol, out) => encodePing(protocol, out, 1))).toEqual([]);
    expect(bench.ask((protocol, out) => encodePing(protocol, out, 9))).toHaveLength(1);
    bench.write(9, STS_REGISTERS.Baud_Rate, 1);
    const [answer] = bench.ask((protocol, out) => encodePing(protocol, out, 9));
    expect(Math.round((answer?.afterNs ?? 0) / 1000)).toBe(60 + 120);
  });

  it('writes to many at once, and nobody answers', () => {
    const bench = new BenchArm(SIX);
    const data = Uint8Array.from(ids, (id) => id * 10);
    expect(bench.ask((protocol, out) => encodeSyncWrite(protocol, out, { address: 41, length: 1, ids, data }))).toEqual(
      [],
    );
    expect([...ids].map((id) => bench.read(id, STS_REGISTERS.Acceleration))).toEqual([10, 20, 30, 40, 50, 60]);
  });

  it('leaves a gap for a servo that is silent', () => {
    const bench = quick(new BenchArm(SIX));
    bench.bus.faults.silentIds.add(3);
    const answers = bench.ask((protocol, out) => encodeSyncRead(protocol, out, { address: 56, length: 15, ids }));
    expect(answers.map(({ id }) => id)).toEqual([1, 2, 4, 5, 6]);
    expect(answers.at(-1)?.afterNs).toBeCloseTo(1_400_000, -3);
  });

  it('answers a fast sync read in one packet, each part with the CRC of all before it', () => {
    const bench = new BenchArm(['xl330-m288', 'xl330-m077']);
    const span = { address: 132, length: 4, ids: Uint8Array.of(1, 2) };
    const [answer, ...others] = bench.ask((protocol, out) => encodeFastSyncRead(protocol, out, span));
    expect(others).toEqual([]);
    expect(answer?.id).toBe(0xfe);
    const data = answer?.data ?? [];
    const [first, second] = [fastSyncReadOffset(0, 4), fastSyncReadOffset(1, 4)];
    expect([data[first - 1], data[second - 1]]).toEqual([1, 2]);
    expect(data.slice(second, second + 4)).toEqual([0, 8, 0, 0]);
    const head = [0xff, 0xff, 0xfd, 0, 0xfe, 1 + 2 * 8, 0, 0x55, answer?.error ?? 0];
    const before = Uint8Array.from([...head, ...data.slice(0, first + 4)]);
    expect((data[first + 4] ?? 0) + 256 * (data[first + 5] ?? 0)).toBe(crc16(before, 0, before.length));
  });

  it('has no servo that hears or holds in a brown-out, and servos that start anew after it', () => {
    const bench = new BenchArm(SIX);
    bench.write(1, STS_REGISTERS.Torque_Enable, 1);
    bench.arm.brownOut(0.2);
    bench.wait(0.1);
    expect(bench.ask((protocol, out) => encodePing(protocol, out, 1))).toEqual([]);
    expect(bench.arm.supplyV).toBeLessThan(4);
    bench.wait(0.2);
    expect(bench.read(1, STS_REGISTERS.Torque_Enable)).toBe(0);
  });

  it('loses, garbles and adds bytes as often as it is told, the same for the same seed', () => {
    const run = (seed: number): number[] => {
      const bench = quick(new BenchArm(SIX, seed));
      Object.assign(bench.bus.faults, { noise: 0.3, lostByte: 0.3, wrongCheck: 0.3 });
      const span = { address: 56, length: 15, ids };
      return Array.from({ length: 50 }, () => bench.ask((protocol, out) => encodeSyncRead(protocol, out, span)).length);
    };
    expect(run(1)).toEqual(run(1));
    expect(run(1)).not.toEqual(run(2));
    const total = run(1).reduce((sum, count) => sum + count, 0);
    expect(total).toBeGreaterThan(60);
    expect(total).toBeLessThan(240);
  });

  it('goes on after any bytes', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 80 }),
      fc
        .array(fc.constantFrom(0xff, 0xfe, 0xfd, 0, 1, 2, 3, 4, 0x82, 0x83, 0x92), { maxLength: 40 })
        .map((list) => Uint8Array.from(list)),
    );
    for (const models of [SIX, ['xl430-w250', 'xl330-m288'] as const]) {
      fc.assert(
        fc.property(fc.array(bytes, { maxLength: 10 }), (pieces) => {
          const bench = new BenchArm(models);
          for (const piece of pieces) bench.askRaw(piece);
          bench.wait(0.1);
          expect(bench.arm.positionsRad().every(Number.isFinite)).toBe(true);
          const [answer] = bench.ask((protocol, out) => encodePing(protocol, out, bench.arm.servos[0]?.id ?? 1));
          expect(answer?.id).toBe(bench.arm.servos[0]?.id);
        }),
        { numRuns: 50 },
      );
    }
  });

  it('survives every instruction with any parameters', () => {
    const instruction = fc.constantFrom(1, 2, 3, 4, 5, 6, 8, 16, 0x55, 0x82, 0x83, 0x8a, 0x92, 0x93, 0x20);
    const packet = fc.record({
      id: fc.constantFrom(1, 2, 0xfe),
      instruction,
      parameters: fc.uint8Array({ maxLength: 30 }),
    });
    for (const models of [SIX, ['xl430-w250', 'xl330-m288'] as const]) {
      fc.assert(
        fc.property(fc.array(packet, { maxLength: 12 }), (packets) => {
          const bench = new BenchArm(models);
          for (const { id, instruction: code, parameters } of packets) {
            bench.ask((protocol, out) => {
              out.set(parameters, protocol.parameterOffset);
              return protocol.frame(out, id, code, parameters.length);
            });
          }
          bench.wait(0.1);
          expect(bench.arm.positionsRad().every(Number.isFinite)).toBe(true);
        }),
        { numRuns: 100 },
      );
    }
  });
});
