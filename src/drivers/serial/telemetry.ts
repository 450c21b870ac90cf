import { RAD_PER_TICK } from '../../calibration/ticks.ts';
import { ticksToRad } from '../../calibration/joint-scale.ts';
import type { ArmState } from '../../core/observation.ts';
import type { ArmHealth } from '../../safety/health-monitor.ts';
import type { ArmMotor } from './arm-motors.ts';
import type { RegisterSpan } from './instructions.ts';
import { readRegister } from './register.ts';
import type { Register } from './register.ts';
import { commonRegister } from './servo-registers.ts';

/** What one cycle reads, by protocol: first and last register; what lies between them comes along. */
const SPANS = {
  feetech: ['Present_Position', 'Present_Current'],
  // From Present_Current, which is Present_Load in an XL430.
  dynamixel: ['Present_Velocity', 'Present_Temperature'],
} as const;
/** Bytes before the first register of a Dynamixel's span: its current or load. */
const CURRENT_BYTES = 2;

interface MotorFields {
  readonly position: Register;
  readonly velocity: Register;
  readonly voltage: Register;
  readonly temperature: Register;
  readonly current: Register | undefined;
  readonly load: Register | undefined;
  /** Repeats the error byte. */
  readonly status: Register | undefined;
}

/** The neighbouring registers that hold all an arm is asked for in a cycle. Throws ArmatureError E_SERVO_MODEL. */
export function telemetrySpan(motors: readonly ArmMotor[]): RegisterSpan {
  const protocol = motors[0]?.model.protocol ?? 'feetech';
  const [first, last] = SPANS[protocol];
  const from = commonRegister(motors, first).address - (protocol === 'dynamixel' ? CURRENT_BYTES : 0);
  const end = commonRegister(motors, last);
  return { address: from, length: end.address + end.size - from };
}

/**
 * What the bytes of a cycle say in SI units. Torques are estimated, by what a motor gives at stall: in proportion to its current,
 * or to its duty where it does not measure its current; currents of such a motor likewise.
 */
export class Telemetry {
  readonly currentsA: Float64Array;
  readonly temperaturesC: Float64Array;
  readonly voltagesV: Float64Array;
  readonly motorErrors: Uint8Array;
  /** Where the motors say they are, in their own steps, whichever turn that is in. */
  readonly ticks: Float64Array;
  readonly #motors: readonly ArmMotor[];
  readonly #fields: readonly MotorFields[];
  readonly #span: RegisterSpan;

  constructor(motors: readonly ArmMotor[], span: RegisterSpan) {
    this.#motors = motors;
    this.#span = span;
    this.#fields = motors.map(({ model: { registers } }) => ({
      position: registers['Present_Position'] as Register,
      velocity: registers['Present_Velocity'] as Register,
      voltage: (registers['Present_Voltage'] ?? registers['Present_Input_Voltage']) as Register,
      temperature: registers['Present_Temperature'] as Register,
      current: registers['Present_Current'],
      load: registers['Present_Load'],
      status: registers['Status'],
    }));
    this.currentsA = new Float64Array(motors.length);
    this.temperaturesC = new Float64Array(motors.length);
    this.voltagesV = new Float64Array(motors.length);
    this.motorErrors = new Uint8Array(motors.length);
    this.ticks = new Float64Array(motors.length);
  }

  /**
   * @param data the bytes of the span of each motor.
   * @param errors the error byte of each answer.
   */
  decode(data: Uint8Array, errors: Uint8Array, stampNs: number): ArmState {
    const jointCount = this.#motors.length;
    const positionsRad = new Float64Array(jointCount);
    const velocitiesRadPerS = new Float64Array(jointCount);
    const effortsNm = new Float64Array(jointCount);
    for (let joint = 0; joint < jointCount; joint += 1) {
      const { scale, model, toleratedErrors } = this.#motors[joint] as ArmMotor;
      const fields = this.#fields[joint] as MotorFields;
      const start = joint * this.#span.length - this.#span.address;
      const value = (register: Register): number => readRegister(register, data, start + register.address);
      const jointPerServo = scale.radPerTick / RAD_PER_TICK;
      this.ticks[joint] = value(fields.position);
      positionsRad[joint] = ticksToRad(scale, this.ticks[joint] as number);
      velocitiesRadPerS[joint] = value(fields.velocity) * fields.velocity.scale * jointPerServo;
      const share = loadShare(fields, value, model.stallCurrentA);
      effortsNm[joint] = share * model.stallTorqueNm * Math.sign(jointPerServo);
      this.currentsA[joint] =
        fields.current === undefined
          ? Math.abs(share) * model.stallCurrentA
          : Math.abs(value(fields.current) * fields.current.scale);
      this.voltagesV[joint] = value(fields.voltage) * fields.voltage.scale;
      this.temperaturesC[joint] = value(fields.temperature);
      const status = fields.status === undefined ? 0 : value(fields.status);
      this.motorErrors[joint] = ((errors[joint] ?? 0) | status) & ~toleratedErrors;
    }
    return { positionsRad, velocitiesRadPerS, effortsNm, stampNs };
  }

  /** Of the newest cycle; arrays of its own. */
  health(): ArmHealth {
    return {
      currentsA: this.currentsA.slice(),
      temperaturesC: this.temperaturesC.slice(),
      voltagesV: this.voltagesV.slice(),
      motorErrors: this.motorErrors.slice(),
    };
  }
}

/** Torque as a share of that at stall, signed as the motor turns. */
function loadShare(
  { current, load }: MotorFields,
  value: (register: Register) => number,
  stallCurrentA: number,
): number {
  const duty = load === undefined ? 0 : value(load) * load.scale;
  if (current === undefined) return duty;
  const share = (value(current) * current.scale) / stallCurrentA;
  // A Feetech servo's current has no reliable sign: its load says which way it pushes.
  return load === undefined ? share : Math.abs(share) * Math.sign(duty);
}
