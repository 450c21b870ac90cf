import type { JointTarget } from '../core/action.ts';
import { NS_PER_S } from '../core/clock.ts';
import { setpointShape } from '../core/setpoint-shape.ts';
import type { RobotSpec } from '../robot/robot-spec.ts';

/**
 * Turns the policy's targets into one per gate tick: from the last command to the target in one control period, on a
 * straight line. On the way to a gentle target, a joint that was where it had been asked to be begins with the
 * velocity it has, see setpointShape.
 */
export class Setpoint {
  readonly #gatePeriodNs: number;
  readonly #ticks: number;
  /** Share of the way beyond what the velocity at the start makes, at the end of each tick; begins with 0, ends with 1. */
  readonly #wayShares: readonly number[];
  #target: JointTarget | undefined;
  #fromRad: Float64Array | undefined;
  /** What the velocity at the start makes in a gate period, rad; undefined for a straight line. */
  #startRad: readonly (number | undefined)[] = [];
  #startNs = 0;
  /** The last two setpoints given. */
  #lastRad: Float64Array | undefined;
  #earlierRad: Float64Array | undefined;

  constructor(rates: RobotSpec['rates']) {
    this.#gatePeriodNs = NS_PER_S / rates.gateHz;
    this.#ticks = Math.round(rates.gateHz / rates.controlHz);
    const { velocityShares, meanShare } = setpointShape(this.#ticks);
    let way = 0;
    this.#wayShares = [0, ...velocityShares.map((share) => (way += share / (meanShare * this.#ticks)))];
  }

  /** Heads for a target from the last command, rad; undefined: for nothing. */
  follow(target: JointTarget | undefined, fromRad: Float64Array, nowNs: number): void {
    const [last, earlier] = [this.#lastRad, this.#earlierRad];
    this.#startRad = Array.from(fromRad, (from, joint) => {
      if (target?.isGentle !== true) return undefined;
      if (last === undefined || earlier === undefined) return 0;
      return last[joint] === from ? from - (earlier[joint] ?? from) : undefined;
    });
    if (target === undefined) [this.#lastRad, this.#earlierRad] = [undefined, undefined];
    this.#target = target;
    this.#fromRad = fromRad;
    this.#startNs = nowNs;
  }

  /** Where to be one gate period from now. An unusable target is handed on as it is: the gate refuses it. */
  at(nowNs: number): JointTarget | undefined {
    const target = this.#target;
    const fromRad = this.#fromRad;
    if (target === undefined || fromRad === undefined || !isUsable(target, fromRad.length)) return target;
    const tick = Math.min(Math.max((nowNs - this.#startNs) / this.#gatePeriodNs + 1, 0), this.#ticks);
    const share = this.#wayShare(tick);
    const positionsRad = target.positionsRad.map((to, joint) => {
      // Exactly, at the end: from + (to - from) need not be `to` in floating point.
      if (tick === this.#ticks) return to;
      const from = fromRad[joint] ?? to;
      const start = this.#startRad[joint];
      if (start === undefined) return from + (to - from) * (tick / this.#ticks);
      return from + start * tick + (to - from - start * this.#ticks) * share;
    });
    this.#earlierRad = this.#lastRad ?? fromRad;
    this.#lastRad = positionsRad;
    return { ...target, positionsRad };
  }

  #wayShare(tick: number): number {
    const whole = Math.min(Math.floor(tick), this.#ticks - 1);
    const [before, after] = [this.#wayShares[whole] ?? 0, this.#wayShares[whole + 1] ?? 1];
    return before + (after - before) * (tick - whole);
  }
}

function isUsable(target: JointTarget, jointCount: number): boolean {
  return target.positionsRad.length === jointCount && target.positionsRad.every(Number.isFinite);
}
