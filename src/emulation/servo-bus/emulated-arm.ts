import { NS_PER_S } from '../../core/clock.ts';
import type { EmulatedServo } from './emulated-servo.ts';
import type { JointPlant, ServoLaw } from './plant.ts';

/** Of cables and power supply together. */
const SUPPLY_RESISTANCE_OHM = 0.05;
/** What is left of the supply in a brown-out: too little for the servos' processors. */
const BROWN_OUT_V = 3;
/** Stiffer than any servo: a hand decides where the joint is. */
const HAND_STIFFNESS_NM_PER_RAD = 1000;
const HAND_DAMPING_NM_S_PER_RAD = 30;
const HAND_TORQUE_NM = 20;
const HAND_RAD_PER_S = 2;

/** Servos, what they move, and what powers them; servo and joint of one place belong together. Time passes only through `advanceTo`. */
export class EmulatedArm {
  readonly servos: readonly EmulatedServo[];
  readonly plant: JointPlant;
  readonly #law: ServoLaw = { constantNm: 0, perRadNm: 0, perRadPerSNm: 0, limitNm: 0 };
  readonly #senses = { positionRad: 0, velocityRadPerS: 0, torqueNm: 0, supplyV: 0 };
  readonly #handsRad: (number | undefined)[] = [];
  readonly #handTargetsRad: number[] = [];
  #nowNs = Number.NaN;
  #powerBackNs = -Infinity;
  #isPowered = true;
  #currentA = 0;

  constructor(servos: readonly EmulatedServo[], plant: JointPlant) {
    this.servos = servos;
    this.plant = plant;
  }

  /** False in a brown-out: no servo hears, answers or has torque. */
  get isPowered(): boolean {
    return this.#isPowered;
  }

  /** Where there are several supplies, that with the lowest voltage. */
  get supplyV(): number {
    return Math.min(...this.servos.map((servo) => this.#voltageOf(servo)));
  }

  /** True positions, rad, joint order. */
  positionsRad(): number[] {
    return this.servos.map((_, joint) => this.plant.positionRad(joint));
  }

  /** Lets time pass up to `nowNs`; the first call begins it. */
  advanceTo(nowNs: number): void {
    if (Number.isNaN(this.#nowNs)) this.#nowNs = nowNs;
    const { timestepS } = this.plant;
    const stepNs = timestepS * NS_PER_S;
    while (this.#nowNs + stepNs <= nowNs) {
      this.#nowNs += stepNs;
      this.#step(timestepS);
    }
  }

  /** The supply breaks down for a while; the servos then start anew, with what their EEPROM holds. */
  brownOut(durationS: number): void {
    this.#isPowered = false;
    this.#powerBackNs = this.#nowNs + durationS * NS_PER_S;
  }

  /** A person takes the joint to a place and holds it there, whatever its servo does; undefined lets it go. */
  setHand(joint: number, targetRad: number | undefined): void {
    if (targetRad === undefined) this.#handsRad[joint] = undefined;
    else this.#handsRad[joint] ??= this.plant.positionRad(joint);
    this.#handTargetsRad[joint] = targetRad ?? 0;
  }

  #step(dtS: number): void {
    if (!this.#isPowered && this.#nowNs >= this.#powerBackNs) {
      this.#isPowered = true;
      for (const servo of this.servos) servo.powerCycle();
    }
    const senses = this.#senses;
    let currentA = 0;
    for (const [joint, servo] of this.servos.entries()) {
      senses.supplyV = this.#voltageOf(servo);
      senses.positionRad = this.plant.positionRad(joint);
      senses.velocityRadPerS = this.plant.velocityRadPerS(joint);
      senses.torqueNm = this.#handsRad[joint] === undefined ? this.plant.torqueNm(joint) : 0;
      if (this.#isPowered) servo.step(dtS, senses, this.#law);
      else this.#law.limitNm = 0;
      currentA +=
        (Math.abs(senses.torqueNm) / (this.plant.motors[joint]?.stallTorqueNm ?? 1)) * servo.model.stallCurrentA;
      this.#guide(joint, dtS);
      this.plant.setServo(joint, this.#law);
    }
    this.#currentA = currentA;
    this.plant.step();
  }

  /** Each kind of servo has the supply it is made for. */
  #voltageOf({ model }: EmulatedServo): number {
    return this.#isPowered ? model.nominalVoltageV - SUPPLY_RESISTANCE_OHM * this.#currentA : BROWN_OUT_V;
  }

  #guide(joint: number, dtS: number): void {
    const handRad = this.#handsRad[joint];
    if (handRad === undefined) return;
    const wayRad = (this.#handTargetsRad[joint] ?? handRad) - handRad;
    const nextRad = handRad + Math.sign(wayRad) * Math.min(Math.abs(wayRad), HAND_RAD_PER_S * dtS);
    this.#handsRad[joint] = nextRad;
    this.#law.constantNm = HAND_STIFFNESS_NM_PER_RAD * nextRad;
    this.#law.perRadNm = -HAND_STIFFNESS_NM_PER_RAD;
    this.#law.perRadPerSNm = -HAND_DAMPING_NM_S_PER_RAD;
    this.#law.limitNm = HAND_TORQUE_NM;
  }
}
