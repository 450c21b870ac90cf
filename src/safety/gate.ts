import type { JointTarget } from '../core/action.ts';
import { NS_PER_S } from '../core/clock.ts';
import { ArmatureError } from '../core/errors.ts';
import type { ArmState, Sampled } from '../core/observation.ts';
import type { RobotSpec } from '../robot/robot-spec.ts';
import { ArmGuard } from './arm-guard.ts';
import type { ArmRequest, GuardMemory, Permission } from './arm-guard.ts';
import type { ArmHealth } from './health-monitor.ts';
import { at, copyMotion, jointLimits } from './joint-limits.ts';
import type { JointLimits, Motion } from './joint-limits.ts';
import { Limiter, blankCourse, isStill } from './limiter.ts';
import type { Course, TargetMemory } from './limiter.ts';
import { OperatorDesk } from './operator.ts';
import type { Reason } from './reasons.ts';
import type { SafeCommand } from './safe-command.ts';
import type { SafetyStateName } from './safety-state.ts';
import { openSpace } from './space-guard.ts';
import type { SpaceGuard } from './space-guard.ts';
import { longestStepS, shortestStepS } from './step-length.ts';
import { StopPath } from './stop-path.ts';
import { isTargetStale, targetDefect } from './watchdog.ts';

/** Unusable targets in a row that latch a protective stop. */
export const UNUSABLE_TARGETS_TO_LATCH = 3;
/** Who commands a gate that its owner arms by himself. */
const OWNER = { name: 'owner', kind: 'program' } as const;

export type GateState = SafetyStateName;

export interface GateOptions {
  /**
   * Decides who may command and whether what is measured allows motion; it is armed through `armFor`. Without
   * one the gate has its own, whose operator is whoever calls `arm`.
   */
  readonly guard?: ArmGuard;
  /** Knows where the arm may be. Default: nothing is known of the space. */
  readonly space?: SpaceGuard;
}

export interface GateInput {
  /** Monotonic ns. */
  readonly nowNs: number;
  readonly target: JointTarget | undefined;
  readonly measured: Sampled<ArmState>;
  readonly health?: ArmHealth | undefined;
  /**
   * The target is where a motion within the limits, planned from what was commanded before, is at this tick. Such a target
   * passes wherever the limits allow it; of others it is also asked whether the arm could stay there.
   */
  readonly isPlanned?: boolean | undefined;
}

/** What was commanded last, and when: the next step is counted from it, and overwrites it. */
export interface Commanded {
  readonly motion: Motion;
  /** Monotonic ns. */
  readonly timeNs: number;
  /** In (0, 1]: the share of the velocity limits that the next step may use. */
  readonly speedFactor: number;
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
  readonly memory: MemorySnapshot | undefined;
  readonly guard: GuardMemory;
  readonly leaseId: number | undefined;
  readonly unusableTargets: number;
  readonly lastUnusableNs: number | undefined;
}

/** What the next step is judged against. */
export interface MemorySnapshot {
  readonly motion: Motion;
  /** Monotonic ns. */
  readonly timeNs: number;
  /** The last usable target; undefined after a stop. */
  readonly target: TargetMemory | undefined;
  /** In (0, 1]: what the space around the last command leaves of the velocity limits. */
  readonly spaceFactor: number;
}

/** The same while the gate works with it: one step fills what the step before the last one left. */
interface Memory extends Course {
  timeNs: number;
  spaceFactor: number;
}

const TIME_WENT_BACKWARDS: readonly Reason[] = ['time-went-backwards'];
const TOO_EARLY: readonly Reason[] = ['too-early'];
const TIME_JUMPED: readonly Reason[] = ['time-jumped'];

/**
 * The one way from a target to a motor. Whatever it is given, every command it emits lies within the soft
 * position limits and within the velocity, acceleration and jerk limits counted from the commands before it, and
 * a stop within all four stays possible (why: `stopAcceleration`) and clear of what the space guard knows (why:
 * `SpaceGuard`). Targets inside the limits pass unchanged, to the bit. A pause longer than a stop takes ends
 * the count: what follows it starts from standstill.
 *
 * Deterministic: equal sequences of arm and step give equal commands. Time is an argument.
 */
export class SafetyGate {
  readonly #robot: RobotSpec;
  readonly #limits: JointLimits;
  readonly #shortestStepS: number;
  readonly #longestStepS: number;
  readonly #space: SpaceGuard;
  readonly #limiter: Limiter;
  readonly #stopPath: StopPath;
  /** The velocity limits of the present step, rad/s. */
  readonly #speedLimits: Float64Array;
  readonly #isOwned: boolean;
  #guard: ArmGuard;
  #leaseId: number | undefined;
  /** Undefined before arming. */
  #memory: Memory | undefined;
  #next: Memory;
  #unusableTargets = 0;
  #lastUnusableNs: number | undefined;

  constructor(robot: RobotSpec, options: GateOptions = {}) {
    this.#robot = robot;
    this.#limits = jointLimits(robot);
    this.#shortestStepS = shortestStepS(this.#limits, 1 / robot.rates.gateHz);
    this.#longestStepS = longestStepS(this.#limits, 1 / robot.rates.gateHz);
    this.#limiter = new Limiter(this.#limits);
    this.#stopPath = new StopPath(this.#limits, 1 / robot.rates.gateHz);
    this.#speedLimits = new Float64Array(robot.joints.length);
    this.#next = blankMemory(robot.joints.length);
    this.#space = options.space ?? openSpace;
    this.#isOwned = options.guard === undefined;
    this.#guard = options.guard ?? new ArmGuard(robot, new OperatorDesk());
  }

  /** A gate that goes on from a snapshot of one of the same robot, with a space guard in the same state. */
  static restore(robot: RobotSpec, snapshot: GateSnapshot, space: SpaceGuard = openSpace): SafetyGate {
    const gate = new SafetyGate(robot, { guard: ArmGuard.restore(robot, new OperatorDesk(), snapshot.guard), space });
    gate.#memory = snapshot.memory && restored(snapshot.memory);
    gate.#leaseId = snapshot.leaseId;
    gate.#unusableTargets = snapshot.unusableTargets;
    gate.#lastUnusableNs = snapshot.lastUnusableNs;
    return gate;
  }

  snapshot(): GateSnapshot {
    return {
      memory: this.#memory && snapshotOf(this.#memory),
      guard: this.#guard.snapshot(),
      leaseId: this.#leaseId,
      unusableTargets: this.#unusableTargets,
      lastUnusableNs: this.#lastUnusableNs,
    };
  }

  get state(): GateState {
    return this.#guard.state.name;
  }

  /** Stops, slows down and hands over; see there. A gate without one of its own has a new one after each `arm`. */
  get guard(): ArmGuard {
    return this.#guard;
  }

  /** Undefined before `arm`. */
  get commanded(): Commanded | undefined {
    if (this.#memory === undefined) return undefined;
    const { motion, timeNs, spaceFactor } = this.#memory;
    return { motion, timeNs, speedFactor: spaceFactor * this.#guard.speedScale };
  }

  /** From now on targets come under this lease; undefined: under none, so that none is followed. */
  heed(leaseId: number | undefined): void {
    this.#leaseId = leaseId;
  }

  /** True when the last command did not move any joint, and the next one need not either. */
  get isStill(): boolean {
    return this.#memory === undefined || isStill(this.#memory.motion);
  }

  /**
   * Starts from the measured position, at rest, with the owner as operator and source; a latched stop is
   * reset. Throws ArmatureError E_CANNOT_ARM, which names the joint, and E_OPERATOR_TOKEN for a gate that was
   * given a guard.
   */
  arm(measured: ArmState, nowNs: number): void {
    const desk = new OperatorDesk();
    const previous = this.#guard;
    if (this.#isOwned) {
      this.#guard = new ArmGuard(this.#robot, desk);
      this.#guard.ready();
    }
    try {
      this.armFor({ measured, nowNs, operator: desk.issue(), sources: [OWNER] });
    } catch (error) {
      this.#guard = previous;
      throw error;
    }
    this.heed(this.#guard.acquire(OWNER.name, nowNs).id);
  }

  /**
   * Starts from the measured position, at rest, with an operator's consent; whom to heed is still to be said. Throws
   * as ArmGuard.arm does.
   */
  armFor(request: ArmRequest): void {
    const memory = blankMemory(this.#robot.joints.length);
    memory.motion.positionsRad.set(this.#guard.arm(request));
    memory.timeNs = request.nowNs;
    this.#memory = memory;
    this.#leaseId = undefined;
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
    if (!(stepS > 0 && stepS < Infinity)) return this.#decide(input, memory, memory, TIME_WENT_BACKWARDS);
    if (stepS < this.#shortestStepS) return this.#decide(input, memory, memory, TOO_EARLY);
    const jumped = stepS > this.#longestStepS;
    const permission = this.#permission(input, memory, jumped);
    const next = this.#next;
    const reasons = jumped ? pause(memory, next) : this.#move(input, memory, permission, next);
    next.timeNs = input.nowNs;
    this.#guard.settle(isStill(next.motion));
    this.#memory = next;
    this.#next = memory;
    return this.#decide(input, memory, next, reasons);
  }

  #permission(input: GateInput, memory: Memory, jumped: boolean): Permission {
    const { nowNs, target, measured, health } = input;
    const refusal = jumped ? 'time-jumped' : this.#refusal(input);
    return this.#guard.check({
      nowNs,
      commandRad: memory.motion.positionsRad,
      state: measured.value,
      health,
      targetRad: refusal === undefined ? target?.positionsRad : undefined,
      refusal,
      leaseId: this.#leaseId,
    });
  }

  #refusal({ nowNs, target, measured }: GateInput): Reason | undefined {
    if (target === undefined) return 'no-target';
    const defect = targetDefect(target, this.#limits.names.length);
    if (defect === undefined) this.#unusableTargets = 0;
    else this.#countUnusable(target);
    if (defect !== undefined) return defect;
    if (isTargetStale(target, this.#robot, nowNs)) return 'stale-target';
    return measured.fresh ? undefined : 'stale-sensor';
  }

  // One decision reaches the gate many times on its way; it counts once.
  #countUnusable(target: JointTarget | null): void {
    if (target?.createdNs !== this.#lastUnusableNs || this.#unusableTargets === 0) this.#unusableTargets += 1;
    this.#lastUnusableNs = target?.createdNs;
    if (this.#unusableTargets < UNUSABLE_TARGETS_TO_LATCH) return;
    this.#guard.trip({
      reason: 'unusable-targets',
      value: this.#unusableTargets,
      limit: UNUSABLE_TARGETS_TO_LATCH - 1,
    });
  }

  /** Fills in the next step. Returns why it does not go where it was asked to. */
  #move(input: GateInput, memory: Memory, permission: Permission, next: Memory): readonly Reason[] {
    const stepS = (input.nowNs - memory.timeNs) / NS_PER_S;
    if (!permission.follows || input.target === undefined) {
      this.#brake(memory, stepS, next);
      return permission.reasons;
    }
    const factor = permission.speedFactor * memory.spaceFactor;
    const speedLimits = this.#speedLimits;
    for (let joint = 0; joint < speedLimits.length; joint += 1) {
      speedLimits[joint] = at(this.#limits.velocityRadPerS, joint) * factor;
    }
    const step = { speedLimits, stepS, isPlanned: input.isPlanned === true };
    const reasons = this.#limiter.follow(input.target.positionsRad, memory, step, next);
    next.spaceFactor = memory.spaceFactor;
    if (this.#space === openSpace) return reasons;
    const path = this.#stopPath.after(memory.motion.positionsRad, next.motion);
    const verdict = this.#space.check(path, this.#stopPath.stepS, this.state === 'reduced');
    if (!verdict.clear) {
      this.#brake(memory, stepS, next);
      return verdict.reasons;
    }
    next.spaceFactor = verdict.speedFactor;
    // Why the arm is slower matters only where it is.
    return reasons.length > 0 ? [...reasons, ...verdict.reasons] : reasons;
  }

  #brake(memory: Memory, stepS: number, next: Memory): void {
    this.#limiter.brake(memory.motion, stepS, next.motion);
    next.hasTarget = false;
    next.spaceFactor = memory.spaceFactor;
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
      state: this.state,
    };
  }
}

function blankMemory(jointCount: number): Memory {
  return { ...blankCourse(jointCount), timeNs: 0, spaceFactor: 1 };
}

/** At rest where the arm was last sent. */
function pause({ motion, spaceFactor }: Memory, next: Memory): readonly Reason[] {
  next.motion.positionsRad.set(motion.positionsRad);
  next.motion.velocitiesRadPerS.fill(0);
  next.motion.accelerationsRadPerS2.fill(0);
  next.hasTarget = false;
  next.spaceFactor = spaceFactor;
  return TIME_JUMPED;
}

function snapshotOf({ motion, target, hasTarget, timeNs, spaceFactor }: Memory): MemorySnapshot {
  return structuredClone({ motion, timeNs, target: hasTarget ? target : undefined, spaceFactor });
}

function restored({ motion, target, timeNs, spaceFactor }: MemorySnapshot): Memory {
  const { length } = motion.positionsRad;
  const memory = { ...blankMemory(length), timeNs, spaceFactor, hasTarget: target !== undefined };
  copyMotion(motion, memory.motion);
  if (target === undefined) return memory;
  memory.target.positionsRad.set(target.positionsRad);
  memory.target.velocitiesRadPerS.set(target.velocitiesRadPerS);
  return memory;
}
