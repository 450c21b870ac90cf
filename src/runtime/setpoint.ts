import { interpolateTarget } from '../actions/interpolate.ts';
import type { JointTarget } from '../core/action.ts';
import { NS_PER_S } from '../core/clock.ts';
import type { RobotSpec } from '../robot/robot-spec.ts';
import type { Commanded } from '../safety/gate.ts';
import { at, copyMotion, jointLimits } from '../safety/joint-limits.ts';
import type { JointLimits } from '../safety/joint-limits.ts';
import { Limiter, blankCourse } from '../safety/limiter.ts';
import type { Course } from '../safety/limiter.ts';
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
  readonly #limiter: Limiter;
  readonly #reachable: ReachableTargets;
  readonly #periodNs: { readonly gate: number; readonly control: number };
  #target: JointTarget | undefined;
  #fromRad: Float64Array | undefined;
  /** Undefined: not asked yet. */
  #isReachable: boolean | undefined;
  #startNs = 0;
  readonly #straightRad: Float64Array;
  /** The velocity limits of the present step, rad/s. */
  readonly #speedLimits: Float64Array;
  /** The step planned last, which followed the straight line, and the one to plan. */
  #before: Course;
  #next: Course;

  constructor(robot: RobotSpec) {
    const jointCount = robot.joints.length;
    this.#limits = insideOf(jointLimits(robot));
    this.#limiter = new Limiter(this.#limits);
    this.#straightRad = new Float64Array(jointCount);
    this.#speedLimits = new Float64Array(jointCount);
    this.#before = blankCourse(jointCount);
    this.#next = blankCourse(jointCount);
    this.#reachable = new ReachableTargets(robot);
    this.#periodNs = { gate: NS_PER_S / robot.rates.gateHz, control: NS_PER_S / robot.rates.controlHz };
  }

  /** Heads for a target from the last command, rad; undefined: for nothing. */
  follow(target: JointTarget | undefined, fromRad: Float64Array, nowNs: number): void {
    this.#target = target;
    this.#fromRad = fromRad;
    this.#startNs = nowNs;
    if (target === undefined || targetDefect(target, fromRad.length) !== undefined) this.#before.hasTarget = false;
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
    const straightRad = interpolateTarget(fromRad, target.positionsRad, share, this.#straightRad);
    const stepS = (nowNs - (commanded?.timeNs ?? Number.NaN)) / NS_PER_S;
    if (commanded === undefined || !(stepS > 0 && stepS < Infinity)) return towards(target, straightRad, false);
    this.#isReachable ??= this.#reachable.includes(target.positionsRad, fromRad, commanded.speedFactor);
    this.#plan(straightRad, commanded, stepS);
    if (!this.#isReachable) return towards(target, straightRad, false);
    return towards(target, this.#before.motion.positionsRad, true);
  }

  #plan(straightRad: Float64Array, { motion, speedFactor }: Commanded, stepS: number): void {
    const speedLimits = this.#speedLimits;
    for (let joint = 0; joint < speedLimits.length; joint += 1) {
      speedLimits[joint] = at(this.#limits.velocityRadPerS, joint) * speedFactor;
    }
    const [before, next] = [this.#before, this.#next];
    copyMotion(motion, before.motion);
    this.#limiter.follow(straightRad, before, { speedLimits, stepS, isPlanned: false }, next);
    this.#before = next;
    this.#next = before;
  }
}

/** A target elsewhere, in an array of its own: whoever gets it may keep it. */
function towards({ createdNs, observedNs }: JointTarget, positionsRad: Float64Array, isPlanned: boolean): SetpointStep {
  return { target: { positionsRad: positionsRad.slice(), createdNs, observedNs }, isPlanned };
}

/** A little narrower, so that the gate does not find fault with what is right at a limit, for rounding alone. */
function insideOf(limits: JointLimits): JointLimits {
  return {
    ...limits,
    softLowRad: limits.softLowRad.map((low, joint) => Math.min(low + MARGIN_RAD, at(limits.softHighRad, joint))),
    softHighRad: limits.softHighRad.map((high, joint) => Math.max(high - MARGIN_RAD, at(limits.softLowRad, joint))),
    velocityRadPerS: limits.velocityRadPerS.map((speed) => speed * (1 - MARGIN)),
    velocityCurves: limits.velocityCurves.map(
      (curve) => curve && { ...curve, lowRad: curve.lowRad + MARGIN_RAD, highRad: curve.highRad - MARGIN_RAD },
    ),
  };
}
