import type { ArmState } from '../core/observation.ts';
import type { RobotSpec } from '../robot/robot-spec.ts';
import { faultOf } from './faults.ts';
import type { Fault, Watch } from './faults.ts';
import { checkHealth, healthMemory, healthRanges } from './health-monitor.ts';
import type { ArmHealth, HealthMemory } from './health-monitor.ts';
import { checkMotion, motionMemory } from './motion-monitor.ts';
import type { MotionMemory } from './motion-monitor.ts';
import { checkSensor, sensorMemory } from './sensor-monitor.ts';
import type { SensorMemory } from './sensor-monitor.ts';
import { checkTick, tickMemory } from './tick-monitor.ts';
import type { TickMemory } from './tick-monitor.ts';

export interface MonitorInput {
  /** Monotonic ns, after that of the call before. */
  readonly nowNs: number;
  /** What the gate emitted last, rad, shape (J). */
  readonly commandRad: Float64Array;
  /** The newest joint state, whether or not it was seen before. */
  readonly state: ArmState;
  readonly health?: ArmHealth | undefined;
}

/** All that the next check depends on besides its input: plain data that a structured clone carries whole. */
export interface MonitorMemory {
  readonly sensor: SensorMemory;
  readonly motion: MotionMemory;
  readonly health: HealthMemory;
  readonly tick: TickMemory;
}

const NO_FAULTS: readonly Fault[] = [];

/**
 * Watches an arm from arming on, once per gate tick. Deterministic: equal sequences of calls find equal faults.
 * A check that finds nothing allocates nothing that stays.
 */
export class ArmMonitors {
  readonly #watch: Watch;
  readonly #healthRanges: ReturnType<typeof healthRanges>;
  readonly #memory: MonitorMemory;
  #faults: Fault[] | undefined;

  private constructor(robot: RobotSpec, memory: MonitorMemory) {
    const report: Watch['report'] = (finding) => {
      (this.#faults ??= []).push(faultOf(finding, robot));
    };
    this.#watch = { robot, report };
    this.#healthRanges = healthRanges(robot);
    this.#memory = memory;
  }

  /** @param state where the arm was found when it was armed. */
  static begin(robot: RobotSpec, state: ArmState, nowNs: number): ArmMonitors {
    const jointCount = robot.joints.length;
    return new ArmMonitors(robot, {
      sensor: sensorMemory(state, nowNs),
      motion: motionMemory(jointCount),
      health: healthMemory(jointCount),
      tick: tickMemory(robot, nowNs),
    });
  }

  /** Goes on from a snapshot of monitors of the same robot. */
  static restore(robot: RobotSpec, memory: MonitorMemory): ArmMonitors {
    return new ArmMonitors(robot, structuredClone(memory));
  }

  /** Gate ticks that came late since arming. */
  get lateTicks(): number {
    return this.#memory.tick.lateTicks;
  }

  /** What is wrong now; empty when nothing is. A fault that lasts is found at every tick. */
  check(input: MonitorInput): readonly Fault[] {
    this.#faults = undefined;
    const { tick, sensor, motion, health } = this.#memory;
    checkTick(tick, input.nowNs, this.#watch);
    const isNew = checkSensor(sensor, input, this.#watch);
    if (isNew) checkMotion(motion, input, this.#watch);
    checkHealth(health, input, this.#healthRanges, this.#watch);
    return this.#faults ?? NO_FAULTS;
  }

  snapshot(): MonitorMemory {
    return structuredClone(this.#memory);
  }
}
