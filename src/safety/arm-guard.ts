import type { ArmState } from '../core/observation.ts';
import { ArmatureError } from '../core/errors.ts';
import { robotProblems } from '../robot/robot-problems.ts';
import type { RobotSpec, StopCategory } from '../robot/robot-spec.ts';
import { Alignment } from './alignment.ts';
import { ArmMonitors } from './arm-monitors.ts';
import type { MonitorMemory } from './arm-monitors.ts';
import { CommandLease } from './command-lease.ts';
import type { CommandSource, Lease, LeaseMemory } from './command-lease.ts';
import { allowedCategory, emergencyCategory, faultOf } from './faults.ts';
import type { Fault, Finding } from './faults.ts';
import type { ArmHealth } from './health-monitor.ts';
import type { OperatorDesk, OperatorToken } from './operator.ts';
import { REASONS } from './reasons.ts';
import type { Reason } from './reasons.ts';
import { hasTorque, isListed, isMoving } from './safety-state.ts';
import type { SafetyEvent, SafetyState } from './safety-state.ts';
import { cannotArm, checkStart } from './start-check.ts';
import { SafetyStateMachine } from './state-machine.ts';
import type { RefusedEventListener } from './state-machine.ts';

export interface ArmRequest {
  readonly measured: ArmState;
  readonly health?: ArmHealth | undefined;
  /** Monotonic ns. */
  readonly nowNs: number;
  readonly operator: OperatorToken;
  /** Who may command until the next stop that somebody asks for. */
  readonly sources: readonly CommandSource[];
}

export interface GuardInput {
  /** Monotonic ns, after that of the call before. */
  readonly nowNs: number;
  /** What was emitted last, rad, shape (J). */
  readonly commandRad: Float64Array;
  readonly state: ArmState;
  readonly health?: ArmHealth | undefined;
  /** A target that is well-formed and recent enough to be followed, rad, shape (J); undefined where there is none. */
  readonly targetRad: Float64Array | undefined;
  /** Why there is none; default 'no-target'. */
  readonly refusal?: Reason | undefined;
  /** The lease under which the target came. */
  readonly leaseId: number | undefined;
}

/** All that the next tick depends on besides its input: plain data. */
export interface GuardMemory {
  readonly state: SafetyState;
  readonly speedScale: number;
  readonly isAligning: boolean;
  readonly isPressedHere: boolean;
  readonly isPressedAtRobot: boolean;
  readonly lease: LeaseMemory;
  /** Undefined before the first arming. */
  readonly monitors: MonitorMemory | undefined;
}

const NO_FAULTS: readonly Fault[] = [];
const NO_REASONS: readonly Reason[] = [];
const COMMAND: SafetyEvent = { type: 'command' };
const STANDSTILL: SafetyEvent = { type: 'standstill' };

/** What the gate may do in this tick. */
export interface Permission {
  /** False: brake, or stand. */
  readonly follows: boolean;
  /** What to multiply the velocity limits of all joints by, in (0, 1]. */
  readonly speedFactor: number;
  /** Why it does not follow, each once; empty when it does. */
  readonly reasons: readonly Reason[];
  /** Empty when nothing is wrong. */
  readonly faults: readonly Fault[];
}

/**
 * Decides whether an arm may move: its state, who commands it, and whether what is measured allows it. It knows
 * nothing of trajectories; the gate asks it once per tick and does what it says.
 *
 * Whoever holds the desk is the operator. Arming, reset, appointing sources and more speed take a token of it;
 * everybody else may only stop the arm and slow it down.
 */
export class ArmGuard {
  readonly #robot: RobotSpec;
  readonly #desk: OperatorDesk;
  readonly #machine: SafetyStateMachine;
  readonly #lease: CommandLease;
  readonly #alignment: Alignment;
  /** Of a source that says nothing usable, and of a fault that may pass. */
  readonly #pause: SafetyEvent;
  #monitors: ArmMonitors | undefined;
  #speedScale = 1;
  /** An emergency stop may be pressed at two places: here, and at the robot. */
  #isPressedHere = false;
  #isPressedAtRobot = false;

  constructor(robot: RobotSpec, desk: OperatorDesk, onRefused?: RefusedEventListener) {
    this.#robot = robot;
    this.#desk = desk;
    this.#machine = new SafetyStateMachine(desk, onRefused);
    this.#lease = new CommandLease(robot.timeouts.resumeMs);
    this.#alignment = new Alignment(robot);
    this.#pause = { type: 'stop', category: allowedCategory(2, robot.stopCategories) };
  }

  /** A guard that goes on from a snapshot of one of the same robot, for a replay. */
  static restore(robot: RobotSpec, desk: OperatorDesk, memory: GuardMemory): ArmGuard {
    const guard = new ArmGuard(robot, desk);
    guard.#machine.restore(memory.state);
    guard.#speedScale = memory.speedScale;
    guard.#alignment.begin(memory.isAligning);
    guard.#isPressedHere = memory.isPressedHere;
    guard.#isPressedAtRobot = memory.isPressedAtRobot;
    guard.#lease.restore(memory.lease);
    if (memory.monitors !== undefined) guard.#monitors = ArmMonitors.restore(robot, memory.monitors);
    return guard;
  }

  snapshot(): GuardMemory {
    return {
      state: this.#machine.state,
      speedScale: this.#speedScale,
      isAligning: this.#alignment.isPending,
      isPressedHere: this.#isPressedHere,
      isPressedAtRobot: this.#isPressedAtRobot,
      lease: this.#lease.snapshot(),
      monitors: this.#monitors?.snapshot(),
    };
  }

  get state(): SafetyState {
    return this.#machine.state;
  }

  /** What the velocity limits are multiplied by, in (0, 1]. */
  get speedScale(): number {
    return this.#speedScale;
  }

  /** Gate ticks that came late since arming. */
  get lateTicks(): number {
    return this.#monitors?.lateTicks ?? 0;
  }

  /** Whether the motors may have torque. @param isStill whether the last command moved no joint. */
  hasTorque(isStill: boolean): boolean {
    return hasTorque(this.#machine.state, isStill);
  }

  /** The robot is described without contradictions and its driver is open. */
  ready(): void {
    this.#machine.apply({ type: 'ready' });
  }

  /**
   * Arms the arm where it is measured and says where that is, rad. It stands until a source that is appointed
   * acquires the lease and commands. Throws ArmatureError E_CANNOT_ARM, which names the joint, and
   * E_OPERATOR_TOKEN; nothing has changed then.
   */
  arm({ measured, health, nowNs, operator, sources }: ArmRequest): Float64Array {
    const event: SafetyEvent = { type: 'arm', operator };
    if (!isListed(this.#machine.state, event)) {
      const remedy = 'Look at the arm, reset it after a stop that is latched, and arm it then.';
      throw cannotArm(this.#robot, 'it disarmed', this.#machine.state.name, remedy);
    }
    const [problem] = robotProblems(this.#robot);
    if (problem !== undefined) throw cannotArm(this.#robot, 'a description without contradictions', problem);
    const startRad = checkStart(measured, this.#robot, nowNs);
    const monitors = ArmMonitors.begin(this.#robot, measured, nowNs);
    const [fault] = monitors.check({ nowNs, commandRad: startRad, state: measured, health });
    if (fault !== undefined) {
      const where = fault.joint === undefined ? '' : `, joint "${fault.joint}"`;
      const found = `${fault.reason}${where}: ${fault.value} (${REASONS[fault.reason]})`;
      throw cannotArm(this.#robot, 'no fault', found, 'Remove its cause, and arm again.');
    }
    this.#machine.apply(event);
    this.#monitors = monitors;
    this.#lease.appoint(sources);
    return startRad;
  }

  /** Leaves a latched stop, for `disarmed`. False when there is none, or the emergency stop is still pressed. */
  reset(operator: OperatorToken): boolean {
    return this.#machine.apply({ type: 'reset', operator });
  }

  /**
   * Stops the arm and takes the command from whoever has it. Category 1 is how an arm is disarmed. What the
   * robot may not do becomes what it may, see allowedCategory.
   */
  stop(category: StopCategory): void {
    this.#lease.revoke();
    this.#machine.apply({ type: 'stop', category: allowedCategory(category, this.#robot.stopCategories) });
  }

  /** The emergency stop was pressed. */
  estop(): void {
    this.#isPressedHere = true;
    this.#press();
  }

  /** It is no longer pressed. The state stays until it is reset. */
  releaseEstop(): void {
    this.#isPressedHere = false;
    this.#release();
  }

  /** Stops the arm for something that others found. */
  trip(finding: Finding): void {
    this.#answer(faultOf(finding, this.#robot));
  }

  /** Names the sources that may command. Throws ArmatureError E_OPERATOR_TOKEN without a fresh token. */
  appoint(sources: readonly CommandSource[], operator: OperatorToken): void {
    this.#desk.spend(operator);
    this.#lease.appoint(sources);
  }

  /** See CommandLease.acquire. */
  acquire(source: string, nowNs: number): Lease {
    return this.#handOver(this.#lease.acquire(source, nowNs));
  }

  /** See CommandLease.take. */
  take(source: string, nowNs: number): Lease {
    return this.#handOver(this.#lease.take(source, nowNs));
  }

  /** See CommandLease.return. */
  return(leaseId: number): void {
    this.#lease.return(leaseId);
  }

  /**
   * Lowers the speed and says what it is now; a higher value than the present one changes nothing.
   * Throws ArmatureError E_SPEED_SCALE outside (0, 1].
   */
  slowDown(scale: number): number {
    this.#speedScale = Math.min(this.#speedScale, checkedScale(scale));
    if (this.#speedScale < 1) this.#machine.apply({ type: 'reduce' });
    return this.#speedScale;
  }

  /** Raises the speed. Throws ArmatureError E_SPEED_SCALE outside (0, 1], E_OPERATOR_TOKEN without a fresh token. */
  speedUp(scale: number, operator: OperatorToken): void {
    const value = checkedScale(scale);
    if (value === 1) this.#machine.apply({ type: 'restore', operator });
    else this.#desk.spend(operator);
    this.#speedScale = value;
  }

  /** Once per gate tick, before anything is emitted. */
  check(input: GuardInput): Permission {
    this.#followRobotMode(input.health);
    // An arm without torque follows no command, and need not.
    const isArmed = this.#machine.state.name !== 'boot' && this.#machine.state.name !== 'disarmed';
    const faults = (isArmed ? this.#monitors?.check(input) : undefined) ?? NO_FAULTS;
    for (const fault of faults) this.#answer(fault);
    const refusal = this.#refusal(input, faults);
    if (refusal === undefined && input.targetRad !== undefined) {
      if (this.#machine.state.name === 'hold') this.#alignment.begin();
      this.#machine.apply(COMMAND);
      const speedFactor = this.#speedScale * this.#alignment.factor(input.targetRad, input.commandRad);
      return { follows: true, speedFactor, reasons: NO_REASONS, faults };
    }
    if (isMoving(this.#machine.state)) this.#machine.apply(this.#pause);
    const reasons: Reason[] = [];
    for (const { reason } of faults) if (!reasons.includes(reason)) reasons.push(reason);
    if (refusal !== undefined && !reasons.includes(refusal)) reasons.push(refusal);
    return { follows: false, speedFactor: 1, reasons, faults };
  }

  /** Once per gate tick, after the command is known. @param isStill whether it moves no joint. */
  settle(isStill: boolean): void {
    if (isStill && this.#machine.state.name === 'stopping') this.#machine.apply(STANDSTILL);
  }

  /** Why no target is followed now; the first that holds. Keeps the lease where none does. */
  #refusal(input: GuardInput, faults: readonly Fault[]): Reason | undefined {
    const { state } = this.#machine;
    if (state.name === 'estop' || state.name === 'protective-stop') return state.name;
    if (state.name === 'boot' || state.name === 'disarmed') return 'not-armed';
    if (!isListed(state, COMMAND)) return 'stop-in-progress';
    if (input.targetRad === undefined) return input.refusal ?? 'no-target';
    // A fault that may pass does not cost the source its lease.
    const isHolder = input.leaseId !== undefined && this.#lease.retain(input.leaseId, input.nowNs);
    if (!isHolder) return 'no-lease';
    return faults[0]?.reason;
  }

  #answer({ response, category }: Fault): void {
    // The robot's emergency stop is mirrored in every state, see #followRobotMode.
    if (response === 'estop') return;
    if (response === 'stop') {
      if (isMoving(this.#machine.state)) this.#machine.apply({ type: 'stop', category });
      return;
    }
    const event: SafetyEvent = { type: 'fault', category };
    if (!isListed(this.#machine.state, event)) return;
    this.#lease.revoke();
    this.#machine.apply(event);
  }

  #press(): void {
    this.#lease.revoke();
    this.#machine.apply({ type: 'estop', category: emergencyCategory(this.#robot.stopCategories) });
  }

  #release(): void {
    const isPressed = this.#isPressedHere || this.#isPressedAtRobot;
    if (!isPressed && this.#machine.state.isEstopPressed) this.#machine.apply({ type: 'estop-released' });
  }

  #followRobotMode(health: ArmHealth | undefined): void {
    if (health?.mode === undefined) return;
    if (health.mode === 'reduced' && !this.#machine.state.isReduced) this.#machine.apply({ type: 'reduce' });
    const isPressed = health.mode === 'emergency-stop';
    if (isPressed === this.#isPressedAtRobot) return;
    this.#isPressedAtRobot = isPressed;
    if (isPressed) this.#press();
    else this.#release();
  }

  #handOver(lease: Lease): Lease {
    this.#alignment.begin();
    return lease;
  }
}

function checkedScale(scale: number): number {
  if (scale > 0 && scale <= 1) return scale;
  throw new ArmatureError('E_SPEED_SCALE', 'this is no share of the speed limits', {
    expected: 'a number above 0, up to 1',
    found: String(scale),
    remedy: 'To bring the arm to rest, stop it.',
  });
}
