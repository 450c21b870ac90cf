import type { JointTarget } from '../core/action.ts';
import { NS_PER_S } from '../core/clock.ts';
import { ArmatureError } from '../core/errors.ts';
import type { ArmState, Sampled } from '../core/observation.ts';
import type { RobotSpec } from '../robot/robot-spec.ts';
import { at, jointLimits } from './joint-limits.ts';
import type { JointLimits, Motion } from './joint-limits.ts';
import { allowedPositions, clampTo, stoppableVelocities } from './position-limit.ts';
import type { Range } from './position-limit.ts';
import {
  accelerationRange,
  approachVelocities,
  intersection,
  isWithin,
  scaleInto,
  velocityRange,
} from './rate-limit.ts';
import type { Reason } from './reasons.ts';
import type { SafeCommand } from './safe-command.ts';
import { stopTimeS, stopVelocities } from './stop.ts';
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
interface Memory extends Motion {
  readonly timeNs: number;
  /** The last usable target inside the limits, rad; undefined after a stop. */
  readonly targetRad: Float64Array | undefined;
}

/**
 * The one way from a target to a motor. Whatever it is given, every command it emits lies within the soft
 * position limits and within the velocity and acceleration limits counted from the previous command, and
 * a stop within all three stays possible. Targets inside the limits pass unchanged, to the bit.
 *
 * Deterministic: equal sequences of arm and step give equal commands. Time is an argument.
 */
export class SafetyGate {
  readonly #robot: RobotSpec;
  readonly #limits: JointLimits;
  readonly #longestStepS: number;
  #memory: Memory | undefined;
  #state: GateState = 'disarmed';
  #unusableTargets = 0;
  #lastUnusableNs: number | undefined;

  constructor(robot: RobotSpec) {
    this.#robot = robot;
    this.#limits = jointLimits(robot);
    // After so long a pause the arm has come to rest: the next command starts from standstill.
    this.#longestStepS = Math.max(stopTimeS(this.#limits), 2 / robot.rates.gateHz);
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

  /** True when the last command did not move any joint. */
  get isStill(): boolean {
    return this.#memory === undefined || this.#memory.velocitiesRadPerS.every((velocity) => velocity === 0);
  }

  /**
   * Starts from the measured position, at rest, and clears a latched stop. Throws ArmatureError
   * E_CANNOT_ARM when the position is not finite, has the wrong length or lies outside the hard limits.
   */
  arm(measured: ArmState, nowNs: number): void {
    const positionsRad = startPosition(measured, this.#limits);
    const velocitiesRadPerS = new Float64Array(positionsRad.length);
    this.#memory = { positionsRad, velocitiesRadPerS, timeNs: nowNs, targetRad: undefined };
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
    const rest = { positionsRad: memory.positionsRad, velocitiesRadPerS: memory.velocitiesRadPerS.map(() => 0) };
    if (stepS > this.#longestStepS) return this.#settle(input, memory, rest, ['time-jumped']);

    const refusal = this.#refusal(input);
    if (refusal === undefined && input.target !== undefined) return this.#follow(input, input.target, memory, stepS);
    const velocities = stopVelocities(memory, this.#limits, stepS);
    const bounds = this.#bounds(memory, stepS);
    const next = advance(memory, scaleInto(velocities, bounds.all), stepS, bounds.positions);
    return this.#settle(input, memory, next, [refusal ?? 'no-target']);
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

  #bounds(memory: Memory, stepS: number): Bounds {
    const positions = allowedPositions(memory.positionsRad, this.#limits);
    const stoppable = stoppableVelocities(memory, positions, this.#limits, stepS);
    const velocity = velocityRange(this.#limits);
    const acceleration = accelerationRange(memory, this.#limits, stepS);
    return { positions, stoppable, velocity, acceleration, all: intersection(stoppable, acceleration, velocity) };
  }

  #follow(input: GateInput, target: JointTarget, memory: Memory, stepS: number): GateDecision {
    const bounds = this.#bounds(memory, stepS);
    const positionsRad = clampTo(target.positionsRad, bounds.positions);
    const speedLimit = (value: number, joint: number): number =>
      Math.min(Math.max(value, at(bounds.velocity.low, joint)), at(bounds.velocity.high, joint));
    const targetVelocities = positionsRad.map((position, joint) =>
      memory.targetRad === undefined ? 0 : speedLimit((position - at(memory.targetRad, joint)) / stepS, joint),
    );
    const direct = positionsRad.map((position, joint) => (position - at(memory.positionsRad, joint)) / stepS);
    const approach = approachVelocities(
      memory,
      { positionsRad, velocitiesRadPerS: targetVelocities },
      this.#limits,
      stepS,
    );
    const reasons: Reason[] = [];
    const inside = target.positionsRad.every((position, joint) => position === positionsRad[joint]);
    // As fast as the rates allow, and still too fast to stop in time.
    const rated = clampTo(direct, intersection(bounds.acceleration, bounds.velocity));
    if (!inside || !isWithin(rated, bounds.stoppable)) reasons.push('position-limit');
    if (!isWithin(direct, bounds.velocity)) reasons.push('velocity-limit');
    const lands = approach.every((velocity, joint) => Math.abs(velocity - at(direct, joint)) <= LANDING_RAD_PER_S);
    if (!isWithin(direct, bounds.acceleration) || !lands) reasons.push('acceleration-limit');

    const exact = lands && isWithin(direct, bounds.all);
    const next = exact
      ? { positionsRad, velocitiesRadPerS: direct }
      : advance(memory, scaleInto(approach, bounds.all), stepS, bounds.positions);
    return this.#settle(input, memory, { ...next, targetRad: positionsRad }, reasons);
  }

  #settle(
    input: GateInput,
    memory: Memory,
    next: Motion & { readonly targetRad?: Float64Array },
    reasons: readonly Reason[],
  ): GateDecision {
    const { positionsRad, velocitiesRadPerS, targetRad } = next;
    this.#memory = { positionsRad, velocitiesRadPerS, timeNs: input.nowNs, targetRad };
    if (this.#state !== 'protective-stop') {
      const moving = velocitiesRadPerS.some((velocity) => velocity !== 0);
      if (targetRad !== undefined) this.#state = 'active';
      else this.#state = moving ? 'stopping' : 'holding';
    }
    return this.#decide(input, memory, this.#memory, reasons);
  }

  #decide(input: GateInput, previous: Memory, next: Memory, reasons: readonly Reason[]): GateDecision {
    // Copies, so that nobody who keeps a decision can reach the gate's memory through it.
    const positionsRad = next.positionsRad.slice();
    const command = { positionsRad, stampNs: next.timeNs } as unknown as SafeCommand;
    return {
      command,
      requestedRad: input.target?.positionsRad,
      previousRad: previous.positionsRad.slice(),
      emittedRad: next.positionsRad.slice(),
      measuredRad: input.measured.value.positionsRad,
      reasons,
      state: this.#state,
    };
  }
}

/** Velocity within which an approach counts as landing on the target: rounding of differences of rad, rad/s. */
const LANDING_RAD_PER_S = 1e-9;

interface Bounds {
  readonly positions: Range;
  readonly stoppable: Range;
  readonly velocity: Range;
  readonly acceleration: Range;
  readonly all: Range;
}

function advance(memory: Motion, velocitiesRadPerS: Float64Array, stepS: number, positions: Range): Motion {
  const moved = memory.positionsRad.map((position, joint) => position + at(velocitiesRadPerS, joint) * stepS);
  return { positionsRad: clampTo(moved, positions), velocitiesRadPerS };
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
