import { Actuator } from '../actuators/actuator.ts';
import type { AgentDecision } from '../core/agent.ts';
import { NS_PER_S } from '../core/clock.ts';
import type { ArmState, Sampled } from '../core/observation.ts';
import type { ArmDriver, SentCommand } from '../drivers/driver.ts';
import type { RobotSpec } from '../robot/robot-spec.ts';
import type { GateState, SafetyGate } from '../safety/gate.ts';
import type { ArmHealth } from '../safety/health-monitor.ts';
import type { ObservationSampler } from '../sensors/observation-sampler.ts';
import { checkpointTicks } from './black-box-ring.ts';
import type { GateCheckpoint } from './black-box-ring.ts';
import { NOTHING, Setpoint } from './setpoint.ts';
import type { SetpointStep } from './setpoint.ts';
import type { GateReport } from './step-listener.ts';

/** What the loop knows at a tick. */
export interface ArmInput {
  readonly nowNs: number;
  readonly gateTick: number;
  /** False once the episode is over: from then on the arm is brought to a stop. */
  readonly isRunning: boolean;
  /** The decision that arrived at this tick, if one did. */
  readonly decision: AgentDecision | undefined;
  readonly measured: Sampled<ArmState>;
}

/** What became of it. */
export interface ArmStep extends SetpointStep {
  readonly gate: GateReport;
  /** What motors and robot reported of themselves. */
  readonly health: ArmHealth | undefined;
  /** Number of this tick of the gate; it rises by one from tick to tick, and need not begin with 0. */
  readonly tick: number;
  /** False for a gate that commands nothing any more. */
  readonly hasStepped: boolean;
  /** What became known of the state of the gate before this tick, or an earlier one. */
  readonly checkpoints: readonly GateCheckpoint[];
  readonly sent: SentCommand;
}

/** An arm behind its gate, here or in a process of its own. */
export interface GatedArm {
  /** Holds where the arm is: that position, rad, and when the episode starts, monotonic ns. Throws E_CANNOT_ARM. */
  arm(nowNs: number): Promise<{ readonly startNs: number; readonly positionsRad: Float64Array }>;
  step(input: ArmInput): ArmStep;
  readonly state: GateState;
  /** True when the last command did not move any joint. */
  readonly isStill: boolean;
}

export interface LocalArmOptions {
  readonly robot: RobotSpec;
  readonly driver: ArmDriver;
  readonly gate: SafetyGate;
  readonly sampler: ObservationSampler;
}

/** Gate and driver in this thread: targets are gated and sent at the tick they come. */
export class LocalArm implements GatedArm {
  readonly #options: LocalArmOptions;
  readonly #setpoint: Setpoint;
  readonly #actuator: Actuator;
  readonly #ticksPerCheckpoint: number;
  #commandRad: Float64Array = new Float64Array();

  constructor(options: LocalArmOptions) {
    this.#options = options;
    this.#setpoint = new Setpoint(options.robot);
    this.#actuator = new Actuator(options.driver);
    this.#ticksPerCheckpoint = checkpointTicks(options.robot);
  }

  get state(): GateState {
    return this.#options.gate.state;
  }

  get isStill(): boolean {
    return this.#options.gate.isStill;
  }

  arm(nowNs: number): Promise<{ readonly startNs: number; readonly positionsRad: Float64Array }> {
    const { robot, driver, sampler, gate } = this.#options;
    const seen = sampler.sampleArm(nowNs);
    const state = seen.fresh ? seen.value : driver.read();
    // One period ago, so that the first step has a duration.
    gate.arm(state, nowNs - NS_PER_S / robot.rates.gateHz);
    this.#commandRad = state.positionsRad;
    return Promise.resolve({ startNs: nowNs, positionsRad: state.positionsRad });
  }

  step({ nowNs, gateTick, isRunning, decision, measured }: ArmInput): ArmStep {
    const { gate, driver } = this.#options;
    if (decision !== undefined) this.#setpoint.follow(decision.target, this.#commandRad, nowNs);
    const asked = isRunning ? this.#setpoint.at(nowNs, gate.commanded) : NOTHING;
    const isDue = gateTick % this.#ticksPerCheckpoint === 0;
    const checkpoints = isDue ? [{ tick: gateTick, isImposed: false, gate: gate.snapshot() }] : [];
    const health = driver.readHealth();
    const gated = gate.step({ nowNs, ...asked, measured, health });
    const mayHaveTorque = gate.guard.hasTorque(gate.isStill);
    const held = { positionsRad: this.#commandRad, stampNs: gated.command.stampNs };
    const sent = this.#actuator.carryOut(gated.command, mayHaveTorque) ?? held;
    this.#commandRad = sent.positionsRad;
    return { ...asked, tick: gateTick, hasStepped: true, gate: gated, health, checkpoints, sent };
  }
}
