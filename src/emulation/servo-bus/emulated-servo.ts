import type { ServoModel } from '../../drivers/serial/servo-models.ts';
import type { JointMotor, ServoLaw } from './plant.ts';
import type { RegisterFile } from './register-file.ts';

/** How a servo's encoder sits on its joint. */
export interface Mounting {
  /** Where the encoder reads when the joint is at 0 rad; whole turns do not count. */
  readonly tickAtZero: number;
  /** Negative where ticks grow against the joint's positive direction. */
  readonly ticksPerRad: number;
}

export interface ServoOptions {
  readonly model: ServoModel;
  readonly id: number;
  readonly mounting: Mounting;
  readonly motor: JointMotor;
}

/** What a servo senses before each step of the plant; one object is filled again and again. */
export interface ServoSenses {
  positionRad: number;
  velocityRadPerS: number;
  /** What the motor gave in the last step. */
  torqueNm: number;
  supplyV: number;
}

/** Bytes of a write instruction's data: `bytes[from]` up to `bytes[to - 1]`, for registers from `address` on. */
export interface WrittenBytes {
  readonly address: number;
  readonly bytes: Uint8Array;
  readonly from: number;
  readonly to: number;
}

/** Room for the data of a write that waits for its action. */
export const WRITE_ROOM = 256;

/** One servo on a bus: its control table, and what it does to its joint. Protocol and wire are the bus's. */
export interface EmulatedServo {
  readonly model: ServoModel;
  readonly registers: RegisterFile;
  readonly temperatureC: number;
  readonly id: number;
  readonly baudRate: number;
  readonly returnDelayNs: number;
  /** What every status packet carries as its error byte, beside a refusal. */
  readonly statusError: number;
  /** Whether the servo's status level has it answer this instruction when it is meant alone. */
  answers(instruction: number): boolean;
  /** What it says to a ping beside its id; empty where pings are answered without parameters. */
  pingData(): Uint8Array;
  /** Error code of the refusal, 0 for none. */
  refusesRead(address: number, length: number): number;
  /** Writes, or refuses with an error code; 0 when it has written. */
  write(write: WrittenBytes): number;
  /** As `write`, but it waits for `action`. */
  registerWrite(write: WrittenBytes): number;
  action(): void;
  /** An instruction has been heard, for whomever. */
  hear(): void;
  /** Power off and on again. */
  powerCycle(): void;
  reboot(): void;
  /** @param parameter of the instruction; undefined where it has none. */
  factoryReset(parameter: number | undefined): void;
  setTemperature(temperatureC: number): void;
  /** One step: registers say what the servo senses, `law` what it does. */
  step(dtS: number, senses: Readonly<ServoSenses>, law: ServoLaw): void;
}
