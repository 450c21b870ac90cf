import { Actuator } from '../../actuators/actuator.ts';
import { NS_PER_MS, NS_PER_S } from '../../core/clock.ts';
import type { ArmState, Sampled } from '../../core/observation.ts';
import type { ArmDriver } from '../../drivers/driver.ts';
import type { RobotSpec, StopCategory } from '../../robot/robot-spec.ts';
import { ArmGuard } from '../../safety/arm-guard.ts';
import { SafetyGate } from '../../safety/gate.ts';
import type { GateDecision } from '../../safety/gate.ts';
import type { ArmHealth } from '../../safety/health-monitor.ts';
import { OperatorDesk } from '../../safety/operator.ts';
import type { OperatorToken } from '../../safety/operator.ts';
import { isLatched } from '../../safety/safety-state.ts';
import type { Reason } from '../../safety/reasons.ts';
import type { SpaceGuard } from '../../safety/space-guard.ts';
import { Newest } from '../../sensors/newest.ts';
import { checkpointTicks } from '../black-box-ring.ts';
import type { GateCheckpoint } from '../black-box-ring.ts';
import { NOTHING, Setpoint } from '../setpoint.ts';
import type { SetpointStep } from '../setpoint.ts';
import type { ArmMemory } from './arm-memory.ts';
import { commandOfCode, readTarget } from './message-formats.ts';
import type { OperatorCommand } from './message-formats.ts';
import { encodeRecord } from './record-format.ts';
import type { StopCause } from './record-format.ts';
import { RemoteConsent } from './remote-consent.ts';
import type { TickTime } from './tick-timer.ts';

export interface GateLoopOptions {
  readonly robot: RobotSpec;
  readonly space: SpaceGuard;
  readonly driver: ArmDriver;
  /** Called before the driver is read: drivers that need to be told that time has passed. */
  readonly advance: () => void;
  readonly memory: ArmMemory;
  /** A supervisor silent for so long has the arm stopped. */
  readonly supervisorMs: number;
  /** Told of the state of the gate before its next step, now and then and after what an operator commanded. */
  readonly onCheckpoint: (checkpoint: GateCheckpoint) => void;
  /** Told of what an operator must know; called rarely. */
  readonly onFailure: (error: unknown) => void;
  /** Told why somebody elsewhere may not arm or reset the arm: whoever asked has to know, and nobody else is concerned. */
  readonly onRefusal: (error: unknown) => void;
}

interface Step {
  readonly asked: SetpointStep;
  /** Undefined: nothing was commanded. */
  readonly decision: GateDecision | undefined;
}

const NO_STEP: Step = { asked: NOTHING, decision: undefined };
const NO_REASONS: readonly Reason[] = [];

/** Whose setpoints the gate follows. */
const SUPERVISOR = { name: 'supervisor', kind: 'program' } as const;
/** A stop at the end may take this long; only a clock that stands still makes it so long, s. */
const LONGEST_STOP_S = 2;

/**
 * What the gate's thread does at each tick: read, check ages, gate, write, tell. It knows neither the agent nor
 * the supervisor but through shared memory, and it goes on without them. Nothing is queued: a setpoint that
 * came while the arm was not to move is never followed later.
 */
export class GateLoop {
  readonly #options: GateLoopOptions;
  readonly #desk = new OperatorDesk();
  readonly #consent = new RemoteConsent(this.#desk);
  readonly #guard: ArmGuard;
  readonly #gate: SafetyGate;
  readonly #setpoint: Setpoint;
  readonly #actuator: Actuator;
  readonly #ticksPerCheckpoint: number;
  readonly #row: Float64Array;
  readonly #inbox: {
    readonly setpoint: Float64Array;
    readonly command: Float64Array;
    readonly supervisor: Float64Array;
  };
  readonly #newest: Newest<ArmState>;
  #measured: Sampled<ArmState>;
  #health: ArmHealth | undefined;
  #commandRad: Float64Array;
  #isLost = false;
  #cause: StopCause = 'none';
  #isEnding = false;
  #endingNs = 0;
  #setpointVersion = 0;
  #setpointSequence = -1;
  #commandSequence = -1;
  #hasReadFailed = false;
  /** The gate was changed since its last step, not by a step. */
  #isImposed = false;
  #checkpointTick = 0;
  #tick = 0;

  constructor(options: GateLoopOptions) {
    const { robot, memory } = options;
    const blank = new Float64Array(robot.joints.length).fill(NaN);
    this.#options = options;
    this.#guard = new ArmGuard(robot, this.#desk);
    this.#guard.ready();
    this.#gate = new SafetyGate(robot, { guard: this.#guard, space: options.space });
    this.#setpoint = new Setpoint(robot);
    this.#actuator = new Actuator(options.driver);
    this.#ticksPerCheckpoint = checkpointTicks(robot);
    this.#row = new Float64Array(memory.record.length);
    this.#inbox = {
      setpoint: new Float64Array(memory.setpoint.length),
      command: new Float64Array(memory.command.length),
      supervisor: new Float64Array(1),
    };
    this.#commandRad = blank;
    const unseen = { positionsRad: blank, velocitiesRadPerS: blank, effortsNm: blank, stampNs: -Infinity };
    this.#newest = new Newest<ArmState>(unseen, robot.timeouts.sensorMs);
    this.#measured = this.#newest.sample(0);
  }

  /** One tick. False after the last one. Never throws. */
  tick(time: Readonly<TickTime>): boolean {
    const { nowNs } = time;
    this.#read(nowNs);
    this.#obey(nowNs);
    this.#watchSupervisor(nowNs);
    const step = this.#isArmed && !this.#isLost ? this.#step(nowNs) : NO_STEP;
    if (!this.#isArmed) this.#relax();
    this.#publish(time, step);
    this.#tick += 1;
    const isOver = this.#isEnding && this.#mayEnd(nowNs);
    this.#options.memory.token.write([isOver ? NaN : nowNs]);
    return !isOver;
  }

  get #isArmed(): boolean {
    const { name } = this.#guard.state;
    return name !== 'boot' && name !== 'disarmed';
  }

  #mayEnd(nowNs: number): boolean {
    const isStopped = !this.#isArmed || this.#isLost || this.#gate.isStill;
    return isStopped || nowNs - this.#endingNs > LONGEST_STOP_S * NS_PER_S;
  }

  #read(nowNs: number): void {
    const { driver, advance, onFailure } = this.#options;
    try {
      advance();
      this.#newest.offer(driver.read());
      this.#health = driver.readHealth();
      this.#measured = this.#newest.sample(nowNs);
      this.#hasReadFailed = false;
    } catch (error) {
      this.#measured = { ...this.#newest.sample(nowNs), fresh: false };
      this.#interrupt('link');
      if (!this.#hasReadFailed) onFailure(error);
      this.#hasReadFailed = true;
    }
  }

  #obey(nowNs: number): void {
    const { memory, onFailure, onRefusal } = this.#options;
    const { command } = this.#inbox;
    while (memory.commands.take(command)) {
      const sequence = memory.command.get(command, 'sequence');
      if (!Number.isNaN(sequence)) this.#commandSequence = sequence;
      const name = commandOfCode(memory.command.get(command, 'code'));
      this.#isImposed = true;
      try {
        if (name !== undefined) this.#carryOut(name, memory.command.get(command, 'value'), nowNs);
      } catch (error) {
        if (name === 'remote-arm' || name === 'remote-reset') onRefusal(error);
        else onFailure(error);
      }
    }
  }

  /** Whoever started this process is the operator: what comes by its commands is the consent of one. */
  #carryOut(command: OperatorCommand, value: number, nowNs: number): void {
    const guard = this.#guard;
    switch (command) {
      case 'arm':
        return this.#arm(nowNs, this.#desk.issue());
      case 'consent':
        return this.#consent.give(value, nowNs);
      case 'remote-arm':
        return this.#arm(nowNs, this.#consent.redeem(value, nowNs));
      case 'remote-reset': {
        const token = this.#consent.redeem(value, nowNs);
        if (isLatched(guard.state)) guard.reset(token);
        return;
      }
      case 'stop':
        return this.#interrupt('operator');
      case 'end':
        this.#end(nowNs);
        return this.#interrupt('operator');
      case 'disarm':
        return this.#interrupt('operator', 1);
      case 'reset':
        if (isLatched(guard.state)) guard.reset(this.#desk.issue());
        return;
      case 'estop':
        return guard.estop();
      case 'release':
        return guard.releaseEstop();
      case 'slow':
        return void guard.slowDown(value);
      case 'fast':
        return guard.speedUp(value, this.#desk.issue());
    }
  }

  #arm(nowNs: number, operator: OperatorToken): void {
    const { robot, memory } = this.#options;
    const guard = this.#guard;
    if (this.#isEnding) return;
    const request = { operator, sources: [SUPERVISOR] };
    // An arm that stands armed is where it was sent; it only has to be told whom to follow again.
    if (guard.state.name === 'hold') guard.appoint(request.sources, request.operator);
    else {
      // One period ago, so that the first step has a duration.
      const armedNs = nowNs - NS_PER_S / robot.rates.gateHz;
      this.#gate.armFor({ ...request, measured: this.#measured.value, health: this.#health, nowNs: armedNs });
      this.#commandRad = this.#measured.value.positionsRad;
    }
    this.#gate.heed(guard.acquire(SUPERVISOR.name, nowNs).id);
    this.#setpoint.follow(undefined, this.#commandRad, nowNs);
    this.#setpointVersion = memory.setpointSlot.version;
    this.#cause = 'none';
    this.#isLost = false;
  }

  /** From now on no targets, until an operator arms again. What was first to interrupt stays the cause. */
  #interrupt(cause: StopCause, category: StopCategory = 2): void {
    if (this.#isArmed) this.#guard.stop(category);
    // What interrupts again and again changes nothing any more.
    if (this.#cause === 'none') this.#isImposed = true;
    if (this.#cause === 'none' || cause === 'supervisor-gone') this.#cause = cause;
    this.#gate.heed(undefined);
    this.#setpoint.follow(undefined, this.#commandRad, 0);
  }

  #end(nowNs: number): void {
    this.#isEnding = true;
    this.#endingNs = nowNs;
  }

  #watchSupervisor(nowNs: number): void {
    const { memory, supervisorMs } = this.#options;
    const { supervisor } = this.#inbox;
    if (!memory.supervisorSlot.read(supervisor)) return;
    const seenNs = supervisor[0] as number;
    // Not a number: it has gone for good, and nobody is left to arm again.
    if (Number.isNaN(seenNs)) {
      if (this.#cause === 'supervisor-gone') return;
      this.#end(nowNs);
      // With torque on: nobody has looked whether the arm may sink.
      this.#interrupt('supervisor-gone');
    } else if (this.#isArmed && nowNs - seenNs > supervisorMs * NS_PER_MS) this.#interrupt('supervisor-silent');
  }

  #step(nowNs: number): Step {
    this.#showGate();
    const asked = this.#cause === 'none' ? this.#asked(nowNs) : NOTHING;
    const decision = this.#gate.step({ nowNs, ...asked, measured: this.#measured, health: this.#health });
    try {
      const mayHaveTorque = this.#guard.hasTorque(this.#gate.isStill);
      const sent = this.#actuator.carryOut(decision.command, mayHaveTorque);
      if (sent !== undefined) this.#commandRad = sent.positionsRad;
    } catch (error) {
      this.#lose(error);
    }
    return { asked, decision };
  }

  #relax(): void {
    try {
      if (!this.#isLost) this.#actuator.relax();
    } catch (error) {
      this.#lose(error);
    }
  }

  /** Writing on would send the arm, wherever it is by then, back to here as soon as the link stands again. */
  #lose(error: unknown): void {
    this.#isLost = true;
    this.#interrupt('link');
    this.#guard.trip({ reason: 'link-lost', value: 0, limit: 1 });
    this.#options.onFailure(error);
  }

  #showGate(): void {
    const isDue = this.#tick - this.#checkpointTick >= this.#ticksPerCheckpoint;
    if (!isDue && !this.#isImposed) return;
    const checkpoint = { tick: this.#tick, isImposed: this.#isImposed, gate: this.#gate.snapshot() };
    this.#options.onCheckpoint(checkpoint);
    this.#checkpointTick = this.#tick;
    this.#isImposed = false;
  }

  #asked(nowNs: number): SetpointStep {
    const { memory } = this.#options;
    const { setpoint } = this.#inbox;
    const { version } = memory.setpointSlot;
    if (version !== this.#setpointVersion && memory.setpointSlot.read(setpoint)) {
      this.#setpointVersion = version;
      const sequence = memory.setpoint.get(setpoint, 'sequence');
      // Read while it was being written, the same setpoint shows two versions.
      if (sequence !== this.#setpointSequence) {
        this.#setpointSequence = sequence;
        this.#setpoint.follow(readTarget(memory.setpoint, setpoint, 'positionsRad'), this.#commandRad, nowNs);
      }
    }
    return this.#setpoint.at(nowNs, this.#gate.commanded);
  }

  #publish(time: Readonly<TickTime>, { asked, decision }: Step): void {
    const { memory } = this.#options;
    encodeRecord(memory.record, this.#row, {
      tick: this.#tick,
      timeNs: time.nowNs,
      deadlineNs: time.deadlineNs,
      skipped: time.skipped,
      // What a lost link made of it after the step is told by the cause, and by the next tick.
      state: decision?.state ?? this.#guard.state.name,
      cause: this.#cause,
      reasons: decision?.reasons ?? NO_REASONS,
      // Where nothing is commanded, no command moves a joint.
      isStill: decision === undefined || this.#gate.isStill,
      setpoint: this.#setpointSequence,
      command: this.#commandSequence,
      target: asked.target,
      isPlanned: asked.isPlanned,
      requestedRad: decision?.requestedRad,
      hasStepped: decision !== undefined,
      arm: this.#measured,
      health: this.#health,
      previousRad: decision?.previousRad ?? this.#commandRad,
      emittedRad: decision?.emittedRad ?? this.#commandRad,
      sentRad: this.#commandRad,
      measuredRad: this.#measured.value.positionsRad,
    });
    memory.records.push(this.#row);
  }
}
