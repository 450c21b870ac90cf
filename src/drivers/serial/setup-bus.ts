import { MonotonicClock } from '../../core/clock.ts';
import { DescriptorLink } from './byte-link.ts';
import { protocolOf } from './protocol-of.ts';
import { readRegister, writeRegister } from './register.ts';
import { openSerialPort } from './serial-port.ts';
import type { OpenPort } from './serial-port.ts';
import { ServoBus } from './servo-bus.ts';
import type { Reply } from './servo-bus.ts';
import { isRefusal, notWritten, refused, registerOf, silent } from './servo-address.ts';
import type { ServoAddress } from './servo-address.ts';
import { servoModelOfNumber } from './servo-models.ts';
import type { ProtocolName, ServoModel } from './servo-models.ts';
import { SyncReader } from './sync-reader.ts';

/** What answered to a ping. */
export interface FoundServo {
  readonly id: number;
  readonly modelNumber: number;
  /** Undefined for a model that is not known. */
  readonly model: ServoModel | undefined;
  /** Such as `3.10`, or `50` for a Dynamixel. */
  readonly firmware: string;
}

export interface SetupBusOptions {
  readonly path: string;
  readonly baudRate: number;
  readonly protocol: ProtocolName;
  /** How much longer than its time on the wire an answer may take, ms. Default 5; 20 for slow adapters. */
  readonly patienceMs?: number;
}

/** Where both protocols have model number and firmware. */
const MODEL_NUMBER = { feetech: { address: 3, length: 2 }, dynamixel: { address: 0, length: 2 } } as const;
const FIRMWARE = { feetech: { address: 0, length: 2 }, dynamixel: { address: 6, length: 1 } } as const;

/**
 * A bus of servos for setting up: calibration, finding, pinging, reading and writing registers by name. Nothing here moves
 * an arm by a plan or a limit: it is not for control.
 *
 *     const bus = await SetupBus.open({ path: '/dev/ttyACM0', baudRate: 1_000_000, protocol: 'feetech' });
 *     const found = await bus.ping(1);                                   // FoundServo | undefined
 *     const servo = { id: 1, model: SERVO_MODELS.sts3215 };
 *     await bus.read(servo, 'Present_Position');                         // number, signed, in the servo's steps
 *     await bus.write(servo, 'Homing_Offset', -12);                      // written and read back; see `write`
 *     await bus.readAll(servos, 'Present_Position');                     // one sync read: number | undefined by servo
 *     await bus.setBaudRate(115_200);                                    // of this side only, to scan
 *     await bus.close();
 *
 * One call after the other: each takes the bus for itself, blocks the thread for the few ms of its transaction and lets the
 * event loop turn before it returns. Throws ArmatureError: E_SERVO_SILENT when a servo does not answer, E_SERVO_REFUSED when it
 * answers with an error about the instruction, E_SERVO_REGISTER when it holds something else than was written, E_UNKNOWN_REGISTER,
 * E_REGISTER_VALUE, E_SERIAL_LOST once the cable is gone; `open` what openSerialPort throws.
 */
export class SetupBus {
  readonly path: string;
  readonly #port: OpenPort;
  readonly #options: SetupBusOptions;
  #bus: ServoBus;

  private constructor(port: OpenPort, options: SetupBusOptions) {
    this.path = options.path;
    this.#port = port;
    this.#options = options;
    this.#bus = this.#busAt(options.baudRate);
  }

  static async open(options: SetupBusOptions): Promise<SetupBus> {
    return new SetupBus(await openSerialPort(options), options);
  }

  get protocol(): ProtocolName {
    return this.#options.protocol;
  }

  /** Speaks at another rate from now on; the servos keep theirs. */
  async setBaudRate(baudRate: number): Promise<void> {
    await this.#port.setBaudRate(baudRate);
    this.#bus = this.#busAt(baudRate);
  }

  /** Who has this id; undefined: nobody answers. @param attempts Default 3; 1 for scanning. */
  async ping(id: number, attempts?: number): Promise<FoundServo | undefined> {
    const answer = this.#bus.ping(id, attempts);
    const number = answer && this.#bus.read(id, MODEL_NUMBER[this.protocol]);
    const firmware = number && this.#bus.read(id, FIRMWARE[this.protocol]);
    await turn();
    if (number?.data.length !== 2 || firmware === undefined) return undefined;
    const modelNumber = this.protocol === 'feetech' ? feetechNumber(number.data) : littleEndian(number.data);
    const model = servoModelOfNumber(this.protocol, modelNumber);
    return { id, modelNumber, model, firmware: [...firmware.data].join('.') };
  }

  /** A register by its name, as a signed number in the servo's own steps. */
  async read(servo: ServoAddress, name: string): Promise<number> {
    return (await this.readWithError(servo, name)).value;
  }

  /** As `read`, with the error byte that came along. */
  async readWithError(servo: ServoAddress, name: string): Promise<{ readonly value: number; readonly error: number }> {
    const register = registerOf(servo.model, name);
    const reply = this.#bus.read(servo.id, { address: register.address, length: register.size });
    await turn();
    const { data, error } = requireReply(reply, servo, `reading ${name}`);
    if (data.length !== register.size) throw refused(servo, `reading ${name}`, error);
    return { value: readRegister(register, data, 0), error };
  }

  /**
   * Writes a register and reads it back. EEPROM registers need what the vendor asks for first: torque off (`Torque_Enable` 0), and
   * on Feetech `Lock` 0; set `Lock` 1 afterwards. Changing `ID` or `Baud_Rate` is not read back: the servo answers elsewhere then.
   */
  async write(servo: ServoAddress, name: string, value: number): Promise<void> {
    const register = registerOf(servo.model, name);
    const data = new Uint8Array(register.size);
    writeRegister(register, value, data, 0);
    const reply = this.#bus.write({ id: servo.id, address: register.address, data });
    await turn();
    // A servo whose level of answers is low does not answer to writing; what it holds then tells.
    if (reply !== undefined && isRefusal(this.protocol, reply)) throw refused(servo, `writing ${name}`, reply.error);
    if (name === 'ID' || name === 'Baud_Rate') return;
    const found = await this.read(servo, name);
    if (found !== value) throw notWritten(servo, name, value, found);
  }

  /** One register of all servos by one sync read, in the order given; undefined for those that did not answer in time. */
  async readAll(servos: readonly ServoAddress[], name: string): Promise<(number | undefined)[]> {
    const [first] = servos;
    if (first === undefined) return [];
    const register = registerOf(first.model, name);
    const span = { address: register.address, length: register.size };
    const reader = new SyncReader(
      this.#bus,
      Uint8Array.from(servos, ({ id }) => id),
      span,
    );
    reader.request();
    reader.collect(this.#bus.clock.nowNs() + READ_ALL_NS);
    await turn();
    return servos.map((servo, place) => {
      if (reader.stampsNs[place] === -Infinity) return undefined;
      return readRegister(registerOf(servo.model, name), reader.data, place * register.size);
    });
  }

  async reboot(servo: ServoAddress): Promise<void> {
    this.#bus.reboot(servo.id);
    await turn();
  }

  async close(): Promise<void> {
    await this.#port.close();
  }

  #busAt(baudRate: number): ServoBus {
    const { protocol, path, patienceMs } = this.#options;
    const bus = new ServoBus({
      link: new DescriptorLink(this.#port.descriptor, path),
      protocol: protocolOf(protocol),
      baudRate,
      clock: new MonotonicClock(),
      ...(patienceMs === undefined ? {} : { patienceMs }),
    });
    bus.detectEcho();
    return bus;
  }
}

/** Time for a sync read of the set-up tools, with all attempts, ns. */
const READ_ALL_NS = 60e6;

function requireReply(reply: Reply | undefined, servo: ServoAddress, while_: string): Reply {
  if (reply === undefined) throw silent(servo, while_);
  return reply;
}

function littleEndian(bytes: Uint8Array): number {
  return (bytes[0] as number) | ((bytes[1] as number) << 8);
}

/** The SCS series has its high byte first; before the model is known, the order in which the number is a known one tells. */
function feetechNumber(bytes: Uint8Array): number {
  const little = littleEndian(bytes);
  const big = littleEndian(bytes.toReversed());
  return servoModelOfNumber('feetech', little) === undefined && servoModelOfNumber('feetech', big) !== undefined
    ? big
    : little;
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
