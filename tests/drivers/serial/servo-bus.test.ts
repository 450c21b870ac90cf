import fc from 'fast-check';
import '../../property-seed.ts';
import { describe, expect, it } from 'vitest';
import { MonotonicClock } from '../../../src/core/clock.ts';
import { DYNAMIXEL_PROTOCOL } from '../../../src/drivers/serial/dynamixel-protocol.ts';
import { FEETECH_PROTOCOL } from '../../../src/drivers/serial/feetech-protocol.ts';
import { ServoBus } from '../../../src/drivers/serial/servo-bus.ts';
import { SERVO_MODELS } from '../../../src/drivers/serial/servo-models.ts';
import { SyncReader } from '../../../src/drivers/serial/sync-reader.ts';
import { FakeServo, FakeServos } from './fake-servos.ts';

const clock = new MonotonicClock();
const BUSES = [
  ['feetech', FEETECH_PROTOCOL, SERVO_MODELS.sts3215, { address: 56, length: 15 }],
  ['dynamixel', DYNAMIXEL_PROTOCOL, SERVO_MODELS['xl330-m288'], { address: 126, length: 21 }],
] as const;

function busOf(link: FakeServos, protocol = FEETECH_PROTOCOL): ServoBus {
  return new ServoBus({ link, protocol, baudRate: 1_000_000, clock, patienceMs: 1 });
}

describe.each(BUSES)('a bus of %s servos', (_, protocol, model, span) => {
  const make = (): FakeServos =>
    new FakeServos(
      protocol,
      [1, 2, 3, 4, 5, 6].map((id) => new FakeServo(id, model)),
    );

  it('pings, reads and writes', () => {
    const servos = make();
    const bus = busOf(servos, protocol);
    expect(bus.ping(3)?.error).toBe(0);
    expect(bus.ping(9)).toBeUndefined();
    const { address } = model.registers.Torque_Enable;
    expect(bus.write({ id: 3, address, data: Uint8Array.of(1) })).toBeDefined();
    expect(bus.read(3, { address, length: 1 })?.data).toEqual(Uint8Array.of(1));
  });

  it('asks again after noise, a lost byte, and an answer with a bad checksum', () => {
    for (const disturb of [
      (bytes: Uint8Array) => Uint8Array.of(0xff, 0xff, 0x03, 0x09, ...bytes),
      (bytes: Uint8Array) => bytes.slice(1),
      (bytes: Uint8Array) => bytes.map((byte, index) => (index === bytes.length - 1 ? byte ^ 1 : byte)),
    ]) {
      const servos = make();
      let isDisturbed = true;
      servos.disturb = (bytes) => {
        const arrived = isDisturbed ? disturb(bytes) : bytes;
        isDisturbed = false;
        return arrived;
      };
      expect(busOf(servos, protocol).read(3, { address: 7, length: 1 })?.data.length).toBe(1);
    }
  });

  it('reads all servos in one cycle, and asks again for those that are missing', () => {
    const servos = make();
    servos.servos.forEach((servo, place) => servo.set('Present_Position', 100 * place));
    const bus = busOf(servos, protocol);
    const reader = new SyncReader(bus, Uint8Array.of(1, 2, 3, 4, 5, 6), span);
    let cycles = 0;
    servos.disturb = (bytes) =>
      cycles++ === 0 ? bytes.map((byte, index) => (index === 30 ? byte ^ 0x10 : byte)) : bytes;
    reader.request();
    expect(reader.collect(clock.nowNs() + 50e6)).toBe(0);
    expect(bus.counts.retries).toBe(1);
    expect([...reader.stampsNs].every((stampNs) => stampNs > 0)).toBe(true);
  });

  it('keeps the others when one servo is silent, and asks it last from then on', () => {
    const servos = make();
    const bus = busOf(servos, protocol);
    const reader = new SyncReader(bus, Uint8Array.of(1, 2, 3, 4, 5, 6), span);
    reader.request();
    reader.collect(clock.nowNs() + 50e6);
    const before = [...reader.stampsNs];
    const third = servos.servos[2] as FakeServo;
    third.isSilent = true;
    for (let cycle = 0; cycle < 2; cycle += 1) {
      reader.request();
      expect(reader.collect(clock.nowNs() + 20e6)).toBe(1);
    }
    const newer = [...reader.stampsNs].map((stampNs, place) => stampNs > (before[place] ?? 0));
    expect(newer).toEqual([true, true, false, true, true, true]);
    third.isSilent = false;
    reader.request();
    expect(reader.collect(clock.nowNs() + 20e6)).toBe(0);
  });

  it('takes what comes too late for a cycle in the next one, as old as it is', () => {
    const servos = make();
    const bus = busOf(servos, protocol);
    const reader = new SyncReader(bus, Uint8Array.of(1, 2, 3, 4, 5, 6), span);
    const read = servos.read.bind(servos);
    servos.read = () => 0;
    reader.request();
    expect(reader.collect(clock.nowNs() + 1e6)).toBe(6);
    const givenUpNs = clock.nowNs();
    servos.read = read;
    reader.request();
    servos.read = () => 0;
    reader.collect(clock.nowNs() + 1e6);
    expect([...reader.stampsNs].every((stampNs) => stampNs > 0 && stampNs < givenUpNs)).toBe(true);
  });

  it('finds out that the adapter returns what is sent, and does not take it for an answer', () => {
    const servos = make();
    servos.hasEcho = true;
    const bus = busOf(servos, protocol);
    bus.detectEcho();
    expect(bus.hasEcho).toBe(true);
    expect(bus.ping(9)).toBeUndefined();
    expect(bus.ping(3)?.error).toBe(0);
    const plain = busOf(make(), protocol);
    plain.detectEcho();
    expect(plain.hasEcho).toBe(false);
  });

  it('ends every transaction, whatever arrives, and answers again after', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => {
        const servos = make();
        const bus = busOf(servos, protocol);
        let isNoise = true;
        servos.disturb = (bytes) => (isNoise ? noise : bytes);
        bus.read(3, { address: 56, length: 2 }, 1);
        isNoise = false;
        expect(bus.read(3, { address: model.registers.ID.address, length: 1 }, 1)?.data).toEqual(Uint8Array.of(3));
      }),
      { numRuns: 30 },
    );
  });
});

it('counts nothing that came before the request as its answer', () => {
  const servos = new FakeServos(FEETECH_PROTOCOL, [new FakeServo(1, SERVO_MODELS.sts3215)]);
  const bus = busOf(servos);
  // The answer to this is left on the line.
  bus.send(0);
  servos.write(Uint8Array.of(0xff, 0xff, 1, 4, 2, 5, 1, 0xf2), 8);
  (servos.servos[0] as FakeServo).isSilent = true;
  expect(bus.read(1, { address: 5, length: 1 }, 1)).toBeUndefined();
});

it('does not take the late answer to one question for that to the next', () => {
  const servo = new FakeServo(1, SERVO_MODELS.sts3215);
  servo.set('Homing_Offset', -1914);
  servo.set('Min_Position_Limit', 227);
  const servos = new FakeServos(FEETECH_PROTOCOL, [servo]);
  const bus = busOf(servos);
  const LATE_NS = 15e6;
  let late: { readonly bytes: Uint8Array; readonly dueNs: number } | undefined;
  servos.disturb = (bytes) => {
    if (late !== undefined) return clock.nowNs() < late.dueNs ? Uint8Array.of(...late.bytes, ...bytes) : bytes;
    late = { bytes, dueNs: clock.nowNs() + LATE_NS };
    return new Uint8Array();
  };
  expect(bus.read(1, { address: 31, length: 2 }, 1)).toBeUndefined();
  expect(bus.read(1, { address: 9, length: 2 }, 1)?.data).toEqual(Uint8Array.of(227, 0));
});
