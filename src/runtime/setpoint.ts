import { interpolateTarget } from '../actions/interpolate.ts';
import type { JointTarget } from '../core/action.ts';
import { NS_PER_S } from '../core/clock.ts';
import type { RobotSpec } from '../robot/robot-spec.ts';
import type { Commanded } from '../safety/gate.ts';
import { at, jointLimits } from '../safety/joint-limits.ts';
import type { JointLimits } from '../safety/joint-limits.ts';
import { follow } from '../safety/limiter.ts';
import type { TargetMemory } from '../safety/limiter.ts';
import { ReachableTargets } from '../safety/reachable-targets.ts';
import { targetDefect } from '../safety/watchdog.ts';

/** Kept from the soft position limits, rad, and from the velocity limits, relative. */
const MARGIN_RAD = 1e-9;
const MARGIN = 1e-9;

/** What the gate is asked for at a tick. */
export interface SetpointStep {
  readonly target: JointTarget | undefined;
  /** See GateInput. */
  readonly isPlanned: boolean;
}

export const NOTHING: SetpointStep = { target: undefined, isPlanned: false };

/**
 * Turns the policy's targets into one per gate tick: on the way from the last command to the target in one control
 * period, as straight as velocity, acceleration and jerk limits allow. So the gate has nothing to change in it. A target
 * that cannot be reached in the period (see ReachableTargets) is asked for as it is: the gate limits it, and says why.
 */
export class Setpoint {
  readonly #limits: JointLimits;
  readonly #reachable: ReachableTargets;
  readonly #periodNs: { readonly gate: number; readonly control: number };
  #target: JointTarget | undefined;
  #fromRad: Float64Array | undefined;
  /** Undefined: not asked yet. */
  #isReachable: boolean | undefined;
  #startNs = 0;
  /** Of the straight line. */
  #before: TargetMemory | undefined;

  constructor(robot: RobotSpec) {
    this.#limits = insideOf(jointLimits(robot));
    this.#reachable = new ReachableTargets(robot);
    this.#periodNs = { gate: NS_PER_S / robot.rates.gateHz, control: NS_PER_S / robot.rates.controlHz };
  }

  /** Heads for a target from the last command, rad; undefined: for nothing. */
  follow(target: JointTarget | undefined, fromRad: Float64Array, nowNs: number): void {
    this.#target = target;
    this.#fromRad = fromRad;
    this.#startNs = nowNs;
    if (target === undefined || targetDefect(target, fromRad.length) !== undefined) this.#before = undefined;
    this.#isReachable = undefined;
  }

  /**
   * Where to be at the end of the gate period that begins now. An unusable target is handed on as it is: the gate
   * refuses it.
   * @param commanded what the gate counts the step from; undefined: nothing was commanded yet
   */
  at(nowNs: number, commanded: Commanded | undefined): SetpointStep {
    const [target, fromRad] = [this.#target, this.#fromRad];
    if (target === undefined || fromRad === undefined) return NOTHING;
    if (targetDefect(target, fromRad.length) !== undefined) return { target, isPlanned: false };
    const share = (nowNs - this.#startNs + this.#periodNs.gate) / this.#periodNs.control;
    // A clock that shows no number leaves the target to the gate, which then does not move.
    if (!Number.isFinite(share)) return { target, isPlanned: false };
    const straightRad = interpolateTarget(fromRad, target.positionsRad, share, new Float64Array(fromRad.length));
    const straight: SetpointStep = { target: { ...target, positionsRad: straightRad }, isPlanned: false };
    const stepS = (nowNs - (commanded?.timeNs ?? Number.NaN)) / NS_PER_S;
    if (commanded === undefined || !(stepS > 0 && stepS < Infinity)) return straight;
    const { speedFactor } = commanded;
    this.#isReachable ??= this.#reachable.includes(target.positionsRad, fromRad, speedFactor);
    const speedLimits = this.#limits.velocityRadPerS.map((speed) => speed * speedFactor);
    const step = { limits: this.#limits, speedLimits, stepS };
    const planned = follow(straightRad, commanded.motion, this.#before, step);
    this.#before = planned.target;
    if (!this.#isReachable) return straight;
    return { target: { ...target, positionsRad: planned.motion.positionsRad }, isPlanned: true };
  }
}

/** A little narrower, so that the gate does not find fault with what is right at a limit, for rounding alone. */
function insideOf(limits: JointLimits): JointLimits {
  return {
    ...limits,
    softLowRad: limits.softLowRad.map((low, joint) => Math.min(low + MARGIN_RAD, at(limits.softHighRad, joint))),
    softHighRad: limits.softHighRad.map((high, joint) => Math.max(high - MARGIN_RAD, at(limits.softLowRad, joint))),
    velocityRadPerS: limits.velocityRadPerS.map((speed) => speed * (1 - MARGIN)),
  };
}
