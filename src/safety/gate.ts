import type { JointTarget } from '../core/action.ts';
import { NS_PER_S } from '../core/clock.ts';
import { ArmatureError } from '../core/errors.ts';
import type { ArmState, Sampled } from '../core/observation.ts';
import type { RobotSpec } from '../robot/robot-spec.ts';
import { at, jointLimits } from './joint-limits.ts';
import type { JointLimits, Motion } from './joint-limits.ts';
import { brake, follow, isStill, standingAt } from './limiter.ts';
import type { TargetMemory } from './limiter.ts';
import { clampTo } from './position-limit.ts';
import type { Reason } from './reasons.ts';
import type { SafeCommand } from './safe-command.ts';
import { longestStepS, shortestStepS } from './step-length.ts';
import { isTargetStale, sensorFault, targetDefect } from './watchdog.ts';

/** Unusable targets in a row that latch a protective stop. */
export const UNUSABLE_TARGETS_TO_LATCH = 3;
/** A measured position this far outside its hard range is a fault of calibration, not noise: 0.5 degrees, rad. */
const ARMING_TOLERANCE_RAD = 0.0087;

/** `stopping` and `protective-stop` brake to a standstill; `holding` stands still. */
export type GateState = 'disarmed' | 'active' | 'stopping' | 'holding' | 'protective-stop';

export interface GateInput {
  /** Monotonic ns. */
  readonly nowNs: number;
  readonly target: JointTarget | undefined;
  readonly measured: Sampled<ArmState>;
}

/** What the gate did and why. Arrays have shape (J), rad, joint order of the RobotSpec. */
export interface GateDecision {
  readonly command: SafeCommand;
  /** As the agent asked for it, not checked; undefined when it asked for nothing. */
  readonly requestedRad: Float64Array | undefined;
  readonly previousRad: Float64Array;
  readonly emittedRad: Float64Array;
  readonly measuredRad: Float64Array;
  /** Empty when the target passed unchanged. */
  readonly reasons: readonly Reason[];
  readonly state: GateState;
}

/**
 * All that the next step depends on besides its input: plain data, never changed. A gate restored from it goes
 * on to the bit as this one does.
 */
export interface GateSnapshot {
  readonly memory: Memory | undefined;
  readonly state: GateState;
  readonly unusableTargets: number;
  readonly lastUnusableNs: number | undefined;
}

/** What the next step is judged against. */
interface Memory {
  readonly timeNs: number;
  readonly motion: Motion;
  /** The last usable target; undefined after a stop. */
  readonly target: TargetMemory | undefined;
}

/**
 * The one way from a target to a motor. Whatever it is given, every command it emits lies within the soft
 * position limits and within the velocity, acceleration and jerk limits counted from the commands before it, and
 * a stop within all four stays possible (why: `stopAcceleration`). Targets inside the limits pass unchanged, to
 * the bit. A pause longer than a stop takes ends the count: what follows it starts from standstill.
 *
 * Deterministic: equal sequences of arm and step give equal commands. Time is an argument.
 */
export class SafetyGate {
  readonly #robot: RobotSpec;
  readonly #limits: JointLimits;
  readonly #shortestStepS: number;
  readonly #longestStepS: number;
  #memory: Memory | undefined;
  #state: GateState = 'disarmed';
  #unusableTargets = 0;
  #lastUnusableNs: number | undefined;

  constructor(robot: RobotSpec) {
    this.#robot = robot;
    this.#limits = jointLimits(robot);
    this.#shortestStepS = shortestStepS(this.#limits, 1 / robot.rates.gateHz);
    this.#longestStepS = longestStepS(this.#limits, 1 / robot.rates.gateHz);
  }

  /** A gate that goes on from a snapshot of one of the same robot. */
  static restore(robot: RobotSpec, snapshot: GateSnapshot): SafetyGate {
    const gate = new SafetyGate(robot);
    gate.#memory = snapshot.memory;
    gate.#state = snapshot.state;
    gate.#unusableTargets = snapshot.unusableTargets;
    gate.#lastUnusableNs = snapshot.lastUnusableNs;
    return gate;
  }

  snapshot(): GateSnapshot {
    return {
      memory: this.#memory,
      state: this.#state,
      unusableTargets: this.#unusableTargets,
      lastUnusableNs: this.#lastUnusableNs,
    };
  }

  get state(): GateState {
    return this.#state;
  }

  /** True when the last command did not move any joint, and the next one need not either. */
  get isStill(): boolean {
    return this.#memory === undefined || isStill(this.#memory.motion);
  }

  /**
   * Starts from the measured position, at rest, and clears a latched stop. Throws ArmatureError
   * E_CANNOT_ARM when the position is not finite, has the wrong length or lies outside the hard limits.
   */
  arm(measured: ArmState, nowNs: number): void {
    const positionsRad = startPosition(measured, this.#limits);
    this.#memory = { motion: standingAt(positionsRad), timeNs: nowNs, target: undefined };
    this.#state = 'holding';
    this.#unusableTargets = 0;
    this.#lastUnusableNs = undefined;
  }

  /** One command for now. Throws ArmatureError E_GATE_NOT_ARMED before `arm`, and never after it. */
  step(input: GateInput): GateDecision {
    const memory = this.#memory;
    if (memory === undefined) {
      throw new ArmatureError('E_GATE_NOT_ARMED', 'the safety gate has no start position', {
        remedy: 'Call gate.arm with the measured state first.',
      });
    }
    const stepS = (input.nowNs - memory.timeNs) / NS_PER_S;
    // Written so that a clock that is not a number counts as standing still.
    if (!(stepS > 0 && stepS < Infinity)) return this.#decide(input, memory, memory, ['time-went-backwards']);
    if (stepS < this.#shortestStepS) return this.#decide(input, memory, memory, ['too-early']);
    if (stepS > this.#longestStepS)
      return this.#settle(input, memory, { motion: standingAt(memory.motion.positionsRad) }, ['time-jumped']);

    const refusal = this.#refusal(input);
    if (refusal === undefined && input.target !== undefined) {
      const step = { limits: this.#limits, speedLimits: this.#limits.velocityRadPerS, stepS };
      const { reasons, ...next } = follow(input.target.positionsRad, memory.motion, memory.target, step);
      return this.#settle(input, memory, next, reasons);
    }
    return this.#settle(input, memory, { motion: brake(memory.motion, this.#limits, stepS) }, [refusal ?? 'no-target']);
  }

  #refusal({ nowNs, target, measured }: GateInput): Reason | undefined {
    const defect = target === undefined ? undefined : targetDefect(target, this.#limits.names.length);
    if (defect !== undefined) this.#countUnusable(target);
    else if (target !== undefined) this.#unusableTargets = 0;
    if (this.#unusableTargets >= UNUSABLE_TARGETS_TO_LATCH) this.#state = 'protective-stop';
    if (this.#state === 'protective-stop') return 'protective-stop';
    const fault = sensorFault(measured, this.#robot, nowNs);
    if (fault !== undefined) return fault;
    if (target === undefined) return 'no-target';
    return defect ?? (isTargetStale(target, this.#robot, nowNs) ? 'stale-target' : undefined);
  }

  // One decision reaches the gate many times on its way; it counts once.
  #countUnusable(target: JointTarget | undefined): void {
    if (target?.createdNs !== this.#lastUnusableNs || this.#unusableTargets === 0) this.#unusableTargets += 1;
    this.#lastUnusableNs = target?.createdNs;
  }

  #settle(
    input: GateInput,
    memory: Memory,
    next: { readonly motion: Motion; readonly target?: TargetMemory },
    reasons: readonly Reason[],
  ): GateDecision {
    this.#memory = { timeNs: input.nowNs, motion: next.motion, target: next.target };
    if (this.#state !== 'protective-stop') {
      if (next.target !== undefined) this.#state = 'active';
      else this.#state = isStill(next.motion) ? 'holding' : 'stopping';
    }
    return this.#decide(input, memory, this.#memory, reasons);
  }

  #decide(input: GateInput, previous: Memory, next: Memory, reasons: readonly Reason[]): GateDecision {
    // Copies, so that nobody who keeps a decision can reach the gate's memory through it.
    const positionsRad = next.motion.positionsRad.slice();
    const command = { positionsRad, stampNs: next.timeNs } as unknown as SafeCommand;
    return {
      command,
      requestedRad: input.target?.positionsRad,
      previousRad: previous.motion.positionsRad.slice(),
      emittedRad: next.motion.positionsRad.slice(),
      measuredRad: input.measured.value.positionsRad,
      reasons,
      state: this.#state,
    };
  }
}

function startPosition(measured: ArmState, limits: JointLimits): Float64Array {
  const { positionsRad } = measured;
  const problem = (found: string): ArmatureError =>
    new ArmatureError('E_CANNOT_ARM', 'the measured joint state is no safe start', {
      expected: `${limits.names.length} finite positions within the hard limits`,
      found,
      remedy: 'Check the calibration, move the joint into its range by hand, and arm again.',
    });
  if (positionsRad.length !== limits.names.length) throw problem(`${positionsRad.length} positions`);
  positionsRad.forEach((position, joint) => {
    const outside = Math.max(at(limits.hardLowRad, joint) - position, position - at(limits.hardHighRad, joint));
    if (!(outside <= ARMING_TOLERANCE_RAD)) throw problem(`${limits.names[joint]} at ${position} rad`);
  });
  return clampTo(positionsRad, { low: limits.hardLowRad, high: limits.hardHighRad });
}
