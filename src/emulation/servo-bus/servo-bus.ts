import { NS_PER_S } from '../../core/clock.ts';
import type { Rng } from '../../core/rng.ts';
import { crc16 } from '../../drivers/serial/crc16.ts';
import { PacketParser } from '../../drivers/serial/packet-parser.ts';
import { BROADCAST_ID, INSTRUCTION, LONGEST_PACKET } from '../../drivers/serial/servo-protocol.ts';
import type { Packet, ServoProtocol } from '../../drivers/serial/servo-protocol.ts';
import { DYNAMIXEL_ERROR } from '../../drivers/serial/status-error.ts';
import { noFaults } from './bus-faults.ts';
import type { BusFaults } from './bus-faults.ts';
import type { EmulatedArm } from './emulated-arm.ts';
import type { EmulatedServo } from './emulated-servo.ts';
import { ReplyQueue } from './reply-queue.ts';

/** Start bit, eight bits, stop bit. */
const BITS_PER_BYTE = 10;
/** A byte that comes later than this after the last one belongs to another packet. */
const PACKET_GAP_NS = 20e6;

const NOTHING: Uint8Array = new Uint8Array(0);

export interface ServoBusOptions {
  readonly protocol: ServoProtocol;
  readonly arm: EmulatedArm;
  /** Of what the computer sends; each servo answers at the rate in its own register. */
  readonly baudRate: number;
  /** Draws the faults of the wire. */
  readonly rng: Rng;
}

/**
 * The wire and the servos on it, byte for byte and with the time that bytes take: what the computer sends is heard when its last
 * byte would be there, each answer is there when its own last byte would be. Nothing here waits: time is an argument.
 */
export class ServoBus {
  readonly faults: BusFaults = noFaults();
  readonly arm: EmulatedArm;
  /** Since the making. */
  readonly counts = { instructions: 0, badPackets: 0, replies: 0, bytesIn: 0, bytesOut: 0 };
  readonly #protocol: ServoProtocol;
  readonly #byteNs: number;
  readonly #parser: PacketParser;
  readonly #replies: ReplyQueue;
  readonly #out = new Uint8Array(LONGEST_PACKET);
  readonly #write: { address: number; bytes: Uint8Array; from: number; to: number } = {
    address: 0,
    bytes: NOTHING,
    from: 0,
    to: 0,
  };
  /** When the last byte that was put on the wire is there. */
  #lineNs = -Infinity;
  #heardNs = -Infinity;

  constructor({ protocol, arm, baudRate, rng }: ServoBusOptions) {
    this.#protocol = protocol;
    this.arm = arm;
    this.#byteNs = (BITS_PER_BYTE * NS_PER_S) / baudRate;
    this.#parser = new PacketParser(protocol, 'instruction');
    this.#replies = new ReplyQueue(this.faults, rng);
  }

  /** When the next answer is there; Infinity while none is on its way. */
  get nextDueNs(): number {
    return this.#replies.nextDueNs;
  }

  /** The computer sends `bytes[0]` up to `bytes[length - 1]`, beginning now. */
  receive(bytes: Uint8Array, length: number, nowNs: number): void {
    this.arm.advanceTo(nowNs);
    if (nowNs - this.#heardNs > PACKET_GAP_NS) this.#parser.reset();
    this.#heardNs = nowNs;
    this.counts.bytesIn += length;
    this.#lineNs = Math.max(nowNs, this.#lineNs) + length * this.#byteNs;
    this.#parser.push(bytes, 0, length);
    while (this.#parser.next()) this.#carryOut(this.#parser.packet);
    this.counts.badPackets = this.#parser.counts.badChecks;
  }

  /** Everything that has arrived by now: how many bytes of `out`. */
  takeDue(nowNs: number, out: Uint8Array): number {
    let count = 0;
    for (;;) {
      const taken = this.#replies.take(nowNs, out, count);
      if (taken === 0) break;
      count += taken;
    }
    this.counts.bytesOut += count;
    return count;
  }

  /** The cable is pulled: what was on its way is lost. */
  dropWire(): void {
    this.#replies.clear();
    this.#parser.reset();
    this.#lineNs = -Infinity;
  }

  #isThere(servo: EmulatedServo): boolean {
    return this.arm.isPowered && !this.faults.silentIds.has(servo.id);
  }

  #servoOf(id: number): EmulatedServo | undefined {
    return this.arm.servos.find((servo) => servo.id === id && this.#isThere(servo));
  }

  #carryOut(packet: Packet): void {
    this.counts.instructions++;
    for (const servo of this.arm.servos) if (this.#isThere(servo)) servo.hear();
    switch (packet.instruction) {
      case INSTRUCTION.syncRead:
        return this.#syncRead(packet);
      case INSTRUCTION.fastSyncRead:
        return this.#fastSyncRead(packet);
      case INSTRUCTION.syncWrite:
        return this.#syncWrite(packet);
      case INSTRUCTION.bulkRead:
        return this.#bulkRead(packet);
      case INSTRUCTION.bulkWrite:
        return this.#bulkWrite(packet);
      default:
    }
    for (const servo of this.arm.servos) {
      const isMeant = packet.id === BROADCAST_ID || packet.id === servo.id;
      if (isMeant && this.#isThere(servo)) this.#carryOutAlone(servo, packet);
    }
  }

  /** Instructions to one servo, or to each; only a ping to each is answered. */
  #carryOutAlone(servo: EmulatedServo, packet: Packet): void {
    const { instruction, id } = packet;
    // The answer goes out under the id and at the rate that the servo had when it was asked.
    const asked = { id: servo.id, returnDelayNs: servo.returnDelayNs, baudRate: servo.baudRate };
    const isAnswered = servo.answers(instruction) && (id !== BROADCAST_ID || instruction === INSTRUCTION.ping);
    if (instruction === INSTRUCTION.ping) this.#answer(servo, 0, servo.pingData());
    else if (instruction === INSTRUCTION.read) {
      if (isAnswered) this.#answerRead(servo, this.#number(packet, 0), this.#number(packet, 1));
    } else {
      const refusal = this.#change(servo, packet);
      if (isAnswered) this.#frame(asked, refusal | servo.statusError, NOTHING);
    }
  }

  /** Instructions that change something in a servo; the error code of its refusal, 0 for none. */
  #change(servo: EmulatedServo, packet: Packet): number {
    switch (packet.instruction) {
      case INSTRUCTION.write:
      case INSTRUCTION.regWrite:
        return this.#writeData(servo, packet);
      case INSTRUCTION.action:
        servo.action();
        return 0;
      case INSTRUCTION.reboot:
        servo.reboot();
        return 0;
      case INSTRUCTION.factoryReset:
        servo.factoryReset(packet.parameterCount > 0 ? packet.parameters[0] : undefined);
        return 0;
      default:
        return this.#refusal(DYNAMIXEL_ERROR['unknown instruction']);
    }
  }

  #writeData(servo: EmulatedServo, packet: Packet): number {
    this.#fillWrite(packet, this.#number(packet, 0), { from: this.#protocol.addressBytes, to: packet.parameterCount });
    if (packet.parameterCount <= this.#protocol.addressBytes) return this.#refusal(DYNAMIXEL_ERROR['data length']);
    return packet.instruction === INSTRUCTION.write ? servo.write(this.#write) : servo.registerWrite(this.#write);
  }

  #syncRead(packet: Packet): void {
    const address = this.#number(packet, 0);
    const length = this.#number(packet, 1);
    for (let at = 2 * this.#protocol.addressBytes; at < packet.parameterCount; at++) {
      const servo = this.#servoOf(packet.parameters[at] ?? 0);
      if (servo !== undefined) this.#answerRead(servo, address, length);
      // The next one waits for the slot of the one that is missing.
      else this.#lineNs = this.#freeNs() + this.#protocol.statusBytes(length) * this.#byteNs;
    }
  }

  /** Each servo adds its part behind that of the one before: after one that is missing nobody does. */
  #fastSyncRead(packet: Packet): void {
    const address = this.#number(packet, 0);
    const length = this.#number(packet, 1);
    const ids = packet.parameters.subarray(2 * this.#protocol.addressBytes, packet.parameterCount);
    const counted = 1 + ids.length * (length + 4);
    this.#out.set([0xff, 0xff, 0xfd, 0, BROADCAST_ID, counted & 0xff, counted >> 8, INSTRUCTION.status]);
    let end = 8;
    let delayNs = 0;
    for (const id of ids) {
      const servo = this.#servoOf(id);
      if (servo === undefined || end + length + 4 > LONGEST_PACKET) break;
      this.#out[end++] = servo.statusError;
      this.#out[end++] = id;
      for (let index = 0; index < length; index++) this.#out[end++] = servo.registers.bytes[address + index] ?? 0;
      const crc = crc16(this.#out, 0, end);
      this.#out[end++] = crc & 0xff;
      this.#out[end++] = crc >> 8;
      delayNs = Math.max(delayNs, servo.returnDelayNs);
    }
    if (end > 8) this.#send(end, delayNs, this.#byteNs);
  }

  #syncWrite(packet: Packet): void {
    const address = this.#number(packet, 0);
    const length = this.#number(packet, 1);
    for (let at = 2 * this.#protocol.addressBytes; at + length < packet.parameterCount; at += 1 + length) {
      this.#fillWrite(packet, address, { from: at + 1, to: at + 1 + length });
      this.#servoOf(packet.parameters[at] ?? 0)?.write(this.#write);
    }
  }

  #bulkRead(packet: Packet): void {
    for (let at = 0; at + 5 <= packet.parameterCount; at += 5) {
      const servo = this.#servoOf(packet.parameters[at] ?? 0);
      if (servo !== undefined) this.#answerRead(servo, word(packet, at + 1), word(packet, at + 3));
    }
  }

  #bulkWrite(packet: Packet): void {
    let at = 0;
    while (at + 5 <= packet.parameterCount) {
      const to = at + 5 + word(packet, at + 3);
      this.#fillWrite(packet, word(packet, at + 1), { from: at + 5, to: Math.min(to, packet.parameterCount) });
      this.#servoOf(packet.parameters[at] ?? 0)?.write(this.#write);
      at = to;
    }
  }

  #answerRead(servo: EmulatedServo, address: number, length: number): void {
    const refusal = servo.refusesRead(address, length);
    const data = refusal === 0 ? servo.registers.bytes.subarray(address, address + length) : NOTHING;
    this.#answer(servo, refusal, data);
  }

  #answer(servo: EmulatedServo, refusal: number, data: Uint8Array): void {
    this.#frame(servo, refusal | servo.statusError, data);
  }

  #frame(servo: Pick<EmulatedServo, 'id' | 'returnDelayNs' | 'baudRate'>, error: number, data: Uint8Array): void {
    if (this.#protocol.statusBytes(data.length) > LONGEST_PACKET) return;
    this.#out.set(data, this.#protocol.statusParameterOffset);
    const length = this.#protocol.frameStatus(this.#out, servo.id, error, data.length);
    if (length > 0) this.#send(length, servo.returnDelayNs, (BITS_PER_BYTE * NS_PER_S) / servo.baudRate);
  }

  #send(length: number, delayNs: number, byteNs: number): void {
    this.#lineNs = this.#freeNs() + delayNs + length * byteNs;
    this.#replies.add(this.#out, length, this.#lineNs);
    this.counts.replies++;
  }

  #freeNs(): number {
    return Math.max(this.#lineNs, this.#replies.lastDueNs);
  }

  #refusal(code: number): number {
    return this.#protocol.name === 'dynamixel' ? code : 0;
  }

  /** The number at place `index` among those of an address's size at the beginning of the parameters. */
  #number({ parameters }: Packet, index: number): number {
    const { addressBytes } = this.#protocol;
    const low = parameters[index * addressBytes] ?? 0;
    return addressBytes === 1 ? low : low | ((parameters[2 * index + 1] ?? 0) << 8);
  }

  #fillWrite(packet: Packet, address: number, { from, to }: { readonly from: number; readonly to: number }): void {
    this.#write.address = address;
    this.#write.bytes = packet.parameters;
    this.#write.from = from;
    this.#write.to = to;
  }
}

function word({ parameters }: Packet, at: number): number {
  return (parameters[at] ?? 0) | ((parameters[at + 1] ?? 0) << 8);
}
