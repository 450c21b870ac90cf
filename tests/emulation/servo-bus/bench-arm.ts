import { NS_PER_S, VirtualClock } from '../../../src/core/clock.ts';
import { Rng } from '../../../src/core/rng.ts';
import { encodeRead, encodeWrite } from '../../../src/drivers/serial/instructions.ts';
import { PacketParser } from '../../../src/drivers/serial/packet-parser.ts';
import { protocolOf } from '../../../src/drivers/serial/protocol-of.ts';
import { readRegister, storeRegister } from '../../../src/drivers/serial/register.ts';
import type { Register } from '../../../src/drivers/serial/register.ts';
import { SERVO_MODELS } from '../../../src/drivers/serial/servo-models.ts';
import type { ServoModelName } from '../../../src/drivers/serial/servo-models.ts';
import { BROADCAST_ID } from '../../../src/drivers/serial/servo-protocol.ts';
import type { ServoProtocol } from '../../../src/drivers/serial/servo-protocol.ts';
import { motorOf } from '../../../src/emulation/servo-bus/assemble-arm.ts';
import { DynamixelServo } from '../../../src/emulation/servo-bus/dynamixel-servo.ts';
import { EmulatedArm } from '../../../src/emulation/servo-bus/emulated-arm.ts';
import { FeetechServo } from '../../../src/emulation/servo-bus/feetech-servo.ts';
import { FreeJointPlant } from '../../../src/emulation/servo-bus/free-joint-plant.ts';
import { ServoBus } from '../../../src/emulation/servo-bus/servo-bus.ts';

export interface Answer {
  readonly id: number;
  readonly error: number;
  readonly data: readonly number[];
  /** From the beginning of the question to the last byte. */
  readonly afterNs: number;
}

const TICKS_PER_RAD = 4096 / (2 * Math.PI);

/** Servos on joints without gravity, at a bus under a virtual clock; joint 0 rad reads 2048. Ids count from 1. */
export class BenchArm {
  readonly clock = new VirtualClock();
  readonly bus: ServoBus;
  readonly arm: EmulatedArm;
  readonly plant: FreeJointPlant;
  readonly protocol: ServoProtocol;
  readonly #parser: PacketParser;
  readonly #out = new Uint8Array(1024);

  constructor(models: readonly ServoModelName[], seed = 0) {
    const chosen = models.map((name) => SERVO_MODELS[name]);
    this.plant = new FreeJointPlant(
      chosen.map((model) => ({ motor: motorOf(model), startRad: 0, rangeRad: [-10, 10] as const })),
    );
    const servos = chosen.map((model, joint) => {
      const mounting = { tickAtZero: 2048, ticksPerRad: TICKS_PER_RAD };
      const options = { model, id: joint + 1, mounting, motor: motorOf(model) };
      return model.protocol === 'feetech' ? new FeetechServo(options) : new DynamixelServo(options);
    });
    this.protocol = protocolOf(chosen[0]?.protocol ?? 'feetech');
    this.arm = new EmulatedArm(servos, this.plant);
    this.bus = new ServoBus({ protocol: this.protocol, arm: this.arm, baudRate: 1e6, rng: new Rng(seed) });
    this.#parser = new PacketParser(this.protocol, 'status');
    this.arm.advanceTo(0);
    this.wait(0.01);
  }

  wait(durationS: number): void {
    this.clock.advanceNs(durationS * NS_PER_S);
    this.arm.advanceTo(this.clock.nowNs());
  }

  /** Bytes of the wire, good or not, that the answers to some bytes are; time goes on until the last is there. */
  askRaw(bytes: Uint8Array): Uint8Array {
    this.bus.receive(bytes, bytes.length, this.clock.nowNs());
    const parts: Uint8Array[] = [];
    while (Number.isFinite(this.bus.nextDueNs)) {
      this.clock.advanceNs(this.bus.nextDueNs - this.clock.nowNs());
      const count = this.bus.takeDue(this.clock.nowNs(), this.#out);
      parts.push(this.#out.slice(0, count));
    }
    return Buffer.concat(parts);
  }

  ask(encode: (protocol: ServoProtocol, out: Uint8Array) => number): Answer[] {
    const question = new Uint8Array(1024);
    const length = encode(this.protocol, question);
    const beginNs = this.clock.nowNs();
    this.bus.receive(question, length, beginNs);
    const answers: Answer[] = [];
    while (Number.isFinite(this.bus.nextDueNs)) {
      this.clock.advanceNs(this.bus.nextDueNs - this.clock.nowNs());
      this.#parser.push(this.#out, 0, this.bus.takeDue(this.clock.nowNs(), this.#out));
      while (this.#parser.next()) {
        const { id, error, parameters, parameterCount } = this.#parser.packet;
        const data = [...parameters.subarray(0, parameterCount)];
        answers.push({ id, error, data, afterNs: this.clock.nowNs() - beginNs });
      }
    }
    return answers;
  }

  /** Writes one register; the error byte of the answer, undefined for none. */
  write(id: number, register: Register, value: number): number | undefined {
    const data = new Uint8Array(register.size);
    storeRegister(register, value, data, 0);
    return this.ask((protocol, out) => encodeWrite(protocol, out, { id, address: register.address, data }))[0]?.error;
  }

  read(id: number, register: Register): number {
    const span = { address: register.address, length: register.size };
    const [answer] = this.ask((protocol, out) => encodeRead(protocol, out, id, span));
    if (answer === undefined) throw new Error(`servo ${id} does not answer`);
    return readRegister(register, Uint8Array.from(answer.data), 0);
  }

  error(id: number): number | undefined {
    return this.ask((protocol, out) => encodeRead(protocol, out, id, { address: 7, length: 1 }))[0]?.error;
  }
}

export { BROADCAST_ID };
