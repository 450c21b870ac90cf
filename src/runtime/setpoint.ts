import { interpolateTarget } from '../actions/interpolate.ts';
import type { JointTarget } from '../core/action.ts';
import { NS_PER_S } from '../core/clock.ts';
import type { RobotSpec } from '../robot/robot-spec.ts';

/** Turns the policy's targets into one per gate tick: a straight line that takes one control period. */
export class Setpoint {
  readonly #gatePeriodNs: number;
  readonly #controlPeriodNs: number;
  #target: JointTarget | undefined;
  #fromRad: Float64Array | undefined;
  #startNs = 0;

  constructor(rates: RobotSpec['rates']) {
    this.#gatePeriodNs = NS_PER_S / rates.gateHz;
    this.#controlPeriodNs = NS_PER_S / rates.controlHz;
  }

  /** Heads for a target from the last command, rad; undefined: for nothing. */
  follow(target: JointTarget | undefined, fromRad: Float64Array, nowNs: number): void {
    this.#target = target;
    this.#fromRad = fromRad;
    this.#startNs = nowNs;
  }

  /** Where to be one gate period from now. An unusable target is handed on as it is: the gate refuses it. */
  at(nowNs: number): JointTarget | undefined {
    const target = this.#target;
    const fromRad = this.#fromRad;
    if (target === undefined || fromRad === undefined || !isUsable(target, fromRad.length)) return target;
    const fraction = (nowNs - this.#startNs + this.#gatePeriodNs) / this.#controlPeriodNs;
    const positionsRad = interpolateTarget(fromRad, target.positionsRad, fraction, new Float64Array(fromRad.length));
    return { ...target, positionsRad };
  }
}

function isUsable(target: JointTarget, jointCount: number): boolean {
  return target.positionsRad.length === jointCount && target.positionsRad.every(Number.isFinite);
}
