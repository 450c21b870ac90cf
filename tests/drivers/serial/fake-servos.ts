import type { ByteLink } from '../../../src/drivers/serial/byte-link.ts';
import { PacketParser } from '../../../src/drivers/serial/packet-parser.ts';
import { readRegister, storeRegister } from '../../../src/drivers/serial/register.ts';
import { INSTRUCTION } from '../../../src/drivers/serial/servo-protocol.ts';
import type { Packet, ServoProtocol } from '../../../src/drivers/serial/servo-protocol.ts';
import type { ServoModel } from '../../../src/drivers/serial/servo-models.ts';

/** A servo as far as a bus sees it: registers. Nothing turns. */
export class FakeServo {
  readonly registers = new Uint8Array(256);
  readonly id: number;
  readonly model: ServoModel;
  error = 0;
  isSilent = false;
  /** What was written to it: `name value`. */
  readonly written: string[] = [];

  constructor(id: number, model: ServoModel) {
    this.id = id;
    this.model = model;
    for (const register of Object.values(model.registers))
      storeRegister(register, register.initial, this.registers, register.address);
    this.set('ID', id);
    this.set('Model_Number', model.modelNumber);
  }

  get(name: string): number {
    const register = this.model.registers[name];
    if (register === undefined) throw new Error(`no register ${name}`);
    return readRegister(register, this.registers, register.address);
  }

  set(name: string, value: number): void {
    const register = this.model.registers[name];
    if (register === undefined) throw new Error(`no register ${name}`);
    storeRegister(register, value, this.registers, register.address);
  }

  take(address: number, data: Uint8Array): void {
    const isLocked = this.model.protocol === 'feetech' ? this.get('Lock') === 1 : this.get('Torque_Enable') === 1;
    for (const register of Object.values(this.model.registers)) {
      const at = register.address - address;
      if (at < 0 || at + register.size > data.length) continue;
      const value = readRegister(register, data, at);
      this.written.push(`${register.name} ${value}`);
      if (register.access === 'r' || (register.area === 'eeprom' && isLocked)) continue;
      storeRegister(register, value, this.registers, register.address);
    }
  }
}

/** A bus of fake servos that answers real bytes at once. Faults: see its fields. */
export class FakeServos implements ByteLink {
  readonly servos: readonly FakeServo[];
  /** Everything that was sent. */
  readonly sent: Uint8Array[] = [];
  hasEcho = false;
  /** Changes what the servos answer to an instruction, before it arrives. */
  disturb: (bytes: Uint8Array) => Uint8Array = (bytes) => bytes;
  readonly #protocol: ServoProtocol;
  readonly #parser: PacketParser;
  readonly #waiting: number[] = [];

  constructor(protocol: ServoProtocol, servos: readonly FakeServo[]) {
    this.#protocol = protocol;
    this.servos = servos;
    this.#parser = new PacketParser(protocol, 'instruction');
  }

  write(bytes: Uint8Array, count: number): void {
    const sent = bytes.slice(0, count);
    this.sent.push(sent);
    if (this.hasEcho) this.#waiting.push(...sent);
    this.#parser.push(sent);
    while (this.#parser.next())
      this.#waiting.push(...this.disturb(Uint8Array.from(this.#answers(this.#parser.packet))));
  }

  read(into: Uint8Array): number {
    const count = Math.min(into.length, this.#waiting.length);
    into.set(this.#waiting.splice(0, count));
    return count;
  }

  #answers(packet: Packet): number[] {
    const { addressBytes } = this.#protocol;
    const parameters = packet.parameters.slice(0, packet.parameterCount);
    const number = (at: number): number =>
      (parameters[at] ?? 0) + (addressBytes === 2 ? (parameters[at + 1] ?? 0) * 256 : 0);
    const address = number(0);
    const length = number(addressBytes);
    const rest = parameters.slice(2 * addressBytes);
    switch (packet.instruction) {
      case INSTRUCTION.ping:
        return this.#with(packet.id, (servo) =>
          this.#status(servo, this.#protocol.name === 'dynamixel' ? servo.registers.slice(0, 3) : []),
        );
      case INSTRUCTION.read:
        return this.#with(packet.id, (servo) => this.#status(servo, servo.registers.slice(address, address + length)));
      case INSTRUCTION.write:
        return this.#with(packet.id, (servo) => {
          servo.take(address, parameters.slice(addressBytes));
          return this.#status(servo, []);
        });
      case INSTRUCTION.syncWrite:
        for (let at = 0; at < rest.length; at += length + 1) {
          this.#with(rest[at] ?? 0, (servo) => {
            servo.take(address, rest.slice(at + 1, at + 1 + length));
            return [];
          });
        }
        return [];
      case INSTRUCTION.syncRead: {
        const answers: number[] = [];
        // Each waits for the one before it.
        for (const id of rest) {
          const answer = this.#with(id, (servo) =>
            this.#status(servo, servo.registers.slice(address, address + length)),
          );
          if (answer.length === 0) break;
          answers.push(...answer);
        }
        return answers;
      }
      default:
        return [];
    }
  }

  #with(id: number, act: (servo: FakeServo) => number[]): number[] {
    const servo = this.servos.find((other) => other.id === id);
    return servo === undefined || servo.isSilent ? [] : act(servo);
  }

  #status(servo: FakeServo, data: ArrayLike<number>): number[] {
    const out = new Uint8Array(256);
    out.set(data, this.#protocol.statusParameterOffset);
    const length = this.#protocol.frameStatus(out, servo.id, servo.error, data.length);
    return Array.from(out.subarray(0, length));
  }
}
