import type { ServoModel } from '../../drivers/serial/servo-models.ts';

export const ROOM_TEMPERATURE_C = 25;
/** How fast a stalled motor heats, and how long it takes to cool by a factor of e. */
const STALL_HEATING_C_PER_S = 2;
const COOLING_S = 150;

/** What a motor takes and how warm it gets: current goes with torque, heat with the square of the current. */
export class MotorState {
  /** Signed as the torque. */
  currentA = 0;
  /** Torque as a share of the stall torque, -1 to 1. */
  torqueShare = 0;
  /** Share of the supply that drives the motor, -1 to 1: what the torque needs and what the speed induces. */
  duty = 0;
  temperatureC = ROOM_TEMPERATURE_C;
  readonly #model: ServoModel;
  readonly #stallTorqueNm: number;

  constructor(model: ServoModel, stallTorqueNm: number) {
    this.#model = model;
    this.#stallTorqueNm = stallTorqueNm;
  }

  step(dtS: number, torqueNm: number, velocityRadPerS: number): void {
    const { stallCurrentA, noLoadVelocityRadPerS } = this.#model;
    this.torqueShare = Math.max(-1, Math.min(1, torqueNm / this.#stallTorqueNm));
    this.currentA = this.torqueShare * stallCurrentA;
    const induced = torqueNm === 0 ? 0 : velocityRadPerS / noLoadVelocityRadPerS;
    this.duty = Math.max(-1, Math.min(1, this.torqueShare + induced));
    const warming = STALL_HEATING_C_PER_S * this.torqueShare ** 2;
    this.temperatureC += dtS * (warming - (this.temperatureC - ROOM_TEMPERATURE_C) / COOLING_S);
  }
}
