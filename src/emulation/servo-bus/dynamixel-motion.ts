import { XL330_REGISTERS } from '../../drivers/serial/dynamixel-registers.ts';
import type { ServoModel } from '../../drivers/serial/servo-models.ts';
import type { Mounting, ServoSenses } from './emulated-servo.ts';
import { MotionProfile } from './motion-profile.ts';
import type { JointMotor, ServoLaw } from './plant.ts';
import type { RegisterFile } from './register-file.ts';

const TURN = 4096;
/** Bits of Drive_Mode. */
const REVERSE = 1 << 0;
const TIME_BASED_PROFILE = 1 << 2;
const MODE = { current: 0, velocity: 1, position: 3, extendedPosition: 4, currentPosition: 5, pwm: 16 } as const;
/** Slower than this it does not count as moving, ticks/s. */
const STILL_TICKS_PER_S = 16;
const R = XL330_REGISTERS;

interface MotionOptions {
  readonly registers: RegisterFile;
  readonly model: ServoModel;
  readonly mounting: Mounting;
  readonly motor: JointMotor;
}

/** Where a Dynamixel says it is, and how it moves to its goal. */
export class DynamixelMotion {
  readonly #registers: RegisterFile;
  readonly #model: ServoModel;
  readonly #mounting: Mounting;
  readonly #motor: JointMotor;
  readonly #profile = new MotionProfile();
  readonly #limits = { velocity: 0, acceleration: 0 };
  readonly #hasCurrent: boolean;
  /** Whole turns that are taken off what the encoder has counted; NaN until the first step. */
  #turnOffset = Number.NaN;
  #present = 0;
  #velocity = 0;
  #mode = 0;
  #wasStopped = false;
  /** Of a time-based profile: the goal it was made for, and the velocity that takes it there in time. */
  readonly #timed = { goal: Number.NaN, velocity: 0 };

  constructor({ registers, model, mounting, motor }: MotionOptions) {
    this.#registers = registers;
    this.#model = model;
    this.#mounting = mounting;
    this.#motor = motor;
    this.#hasCurrent = 'Goal_Current' in model.registers;
  }

  /** Sign of the joint's motion when the servo's values grow. */
  get direction(): number {
    return Math.sign(this.#ticksPerRad);
  }

  /** Turns are counted from the one the encoder sees when the power comes on. */
  powerOn(): void {
    this.#turnOffset = Number.NaN;
  }

  /** The torque was switched: the goal is where the joint is. */
  restart(): void {
    this.#profile.restart(this.#present);
    this.#registers.set(R.Goal_Position, Math.round(this.#present));
  }

  sense({ positionRad, velocityRadPerS }: Readonly<ServoSenses>): void {
    const registers = this.#registers;
    const mode = registers.get(R.Operating_Mode);
    const unwrapped = this.#sign * (this.#mounting.tickAtZero + this.#mounting.ticksPerRad * positionRad);
    const isFirst = Number.isNaN(this.#turnOffset);
    // A change to the position mode forgets the turns, as a new start does.
    const forgets = isFirst || (mode !== this.#mode && mode === MODE.position);
    if (forgets) this.#turnOffset = TURN * Math.floor((unwrapped + 0.5) / TURN);
    this.#present = unwrapped - this.#turnOffset + registers.get(R.Homing_Offset);
    this.#velocity = this.#ticksPerRad * velocityRadPerS;
    if (isFirst || mode !== this.#mode) this.restart();
    this.#mode = mode;
    const inUnits = Math.round((this.direction * velocityRadPerS) / R.Present_Velocity.scale);
    registers.set(R.Present_Position, Math.round(this.#present));
    registers.set(R.Present_Velocity, inUnits);
    registers.set(R.Position_Trajectory, Math.round(this.#profile.position));
    const profileRadPerS = this.#profile.velocity / Math.abs(this.#ticksPerRad);
    registers.set(R.Velocity_Trajectory, Math.round(profileRadPerS / R.Velocity_Trajectory.scale));
    registers.set(R.Moving, Math.abs(this.#velocity) > STILL_TICKS_PER_S || this.#profile.velocity !== 0 ? 1 : 0);
  }

  /** @param what.isStopped the watchdog holds the joint where it is. */
  drive(
    dtS: number,
    { positionRad }: Readonly<ServoSenses>,
    { law, isStopped }: { readonly law: ServoLaw; readonly isStopped: boolean },
  ): void {
    const isOn = this.#registers.get(R.Torque_Enable) === 1;
    if (isStopped && !this.#wasStopped) this.restart();
    this.#wasStopped = isStopped;
    law.constantNm = 0;
    law.perRadNm = 0;
    // What the turning motor induces works against its turning.
    law.perRadPerSNm = isOn ? -Math.max(this.#motor.dampingNmSPerRad, this.#inducedNmSPerRad) : 0;
    law.limitNm = isOn ? this.#motor.stallTorqueNm * this.#dutyLimit() : 0;
    if (!isOn) this.#profile.restart(this.#present);
    else if (isStopped) this.#drivePosition(dtS, positionRad, law);
    else this.#driveMode(dtS, positionRad, law);
  }

  #driveMode(dtS: number, positionRad: number, law: ServoLaw): void {
    const { stallTorqueNm } = this.#motor;
    switch (this.#mode) {
      case MODE.current:
        law.constantNm = this.direction * this.#currentShare() * stallTorqueNm;
        break;
      case MODE.velocity: {
        const gain = stallTorqueNm / (0.1 * this.#model.noLoadVelocityRadPerS);
        law.constantNm = gain * this.direction * this.#registers.get(R.Goal_Velocity) * R.Goal_Velocity.scale;
        law.perRadPerSNm = -gain;
        break;
      }
      case MODE.pwm:
        law.constantNm = this.direction * this.#registers.get(R.Goal_PWM) * R.Goal_PWM.scale * stallTorqueNm;
        break;
      case MODE.currentPosition:
        law.limitNm = Math.min(law.limitNm, Math.abs(this.#currentShare()) * stallTorqueNm);
        this.#drivePosition(dtS, positionRad, law);
        break;
      default:
        this.#drivePosition(dtS, positionRad, law);
    }
  }

  #drivePosition(dtS: number, positionRad: number, law: ServoLaw): void {
    const goal = this.#registers.get(R.Goal_Position);
    this.#setLimits(goal);
    this.#profile.step(goal, dtS, this.#limits);
    const stiffness = (this.#motor.stiffnessNmPerRad * this.#registers.get(R.Position_P_Gain)) / this.#motor.gains.p;
    law.constantNm = stiffness * (positionRad + (this.#profile.position - this.#present) / this.#ticksPerRad);
    law.perRadNm = -stiffness;
  }

  #setLimits(goal: number): void {
    const perRad = Math.abs(this.#ticksPerRad);
    const fastest = this.#model.noLoadVelocityRadPerS * perRad;
    const velocity = this.#registers.get(R.Profile_Velocity);
    const acceleration = this.#registers.get(R.Profile_Acceleration);
    this.#limits.velocity = fastest;
    this.#limits.acceleration = Infinity;
    if (velocity === 0) return;
    if ((this.#registers.get(R.Drive_Mode) & TIME_BASED_PROFILE) !== 0) {
      // Profile_Velocity is then the duration in ms.
      if (goal !== this.#timed.goal) this.#timed.velocity = Math.abs(goal - this.#present) / (velocity / 1000);
      this.#timed.goal = goal;
      this.#limits.velocity = Math.min(fastest, this.#timed.velocity);
      return;
    }
    this.#limits.velocity = Math.min(fastest, velocity * R.Profile_Velocity.scale * perRad);
    if (acceleration > 0) this.#limits.acceleration = acceleration * R.Profile_Acceleration.scale * perRad;
  }

  #currentShare(): number {
    if (!this.#hasCurrent) return 1;
    return (this.#registers.get(R.Goal_Current) * R.Goal_Current.scale) / this.#model.stallCurrentA;
  }

  #dutyLimit(): number {
    return Math.abs(this.#registers.get(R.Goal_PWM)) * R.Goal_PWM.scale;
  }

  get #inducedNmSPerRad(): number {
    return this.#motor.stallTorqueNm / this.#model.noLoadVelocityRadPerS;
  }

  get #sign(): number {
    return (this.#registers.get(R.Drive_Mode) & REVERSE) === 0 ? 1 : -1;
  }

  /** Of what the servo reports, with its own reversal. */
  get #ticksPerRad(): number {
    return this.#sign * this.#mounting.ticksPerRad;
  }
}
