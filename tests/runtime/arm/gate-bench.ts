import { VirtualClock } from '../../../src/core/clock.ts';
import type { JointTarget } from '../../../src/core/action.ts';
import { MirrorDriver } from '../../../src/drivers/mirror/mirror-driver.ts';
import { ArmMemory } from '../../../src/runtime/arm/arm-memory.ts';
import { GateLoop } from '../../../src/runtime/arm/gate-loop.ts';
import { COMMAND_CODES, writeTarget } from '../../../src/runtime/arm/message-formats.ts';
import type { OperatorCommand } from '../../../src/runtime/arm/message-formats.ts';
import { decodeRecord } from '../../../src/runtime/arm/record-format.ts';
import type { ArmRecord } from '../../../src/runtime/arm/record-format.ts';
import { BlackBoxRing } from '../../../src/runtime/black-box-ring.ts';
import { openSpace } from '../../../src/safety/space-guard.ts';
import { FaultyDriver, makeRobot } from '../../../src/testing/index.ts';

export const robot = makeRobot();
export const PERIOD_NS = 1e7;
export const SUPERVISOR_MS = 500;

/** The gate's loop on a mirror arm with which something can be wrong, on a virtual clock. */
export class GateBench {
  readonly clock = new VirtualClock();
  readonly memory = new ArmMemory(robot, ArmMemory.allocate(robot));
  readonly failures: unknown[] = [];
  readonly refusals: unknown[] = [];
  readonly records: ArmRecord[] = [];
  readonly box = new BlackBoxRing(robot);
  readonly driver: FaultyDriver;
  readonly loop: GateLoop;
  /** True: the supervisor shows at every tick that it lives. */
  isSupervised = true;
  isOver = false;
  checkpoints = 0;
  #sequence = 0;

  constructor() {
    this.clock.advanceNs(1e9);
    const mirror = new MirrorDriver(robot, this.clock.nowNs());
    void mirror.connect();
    this.driver = new FaultyDriver(mirror);
    this.loop = new GateLoop({
      robot,
      space: openSpace,
      driver: this.driver,
      advance: () => mirror.publish(this.clock.nowNs()),
      memory: this.memory,
      supervisorMs: SUPERVISOR_MS,
      onCheckpoint: (checkpoint) => {
        this.checkpoints += 1;
        this.box.checkpoint(checkpoint);
      },
      onFailure: (error) => this.failures.push(error),
      onRefusal: (error) => this.refusals.push(error),
    });
  }

  get last(): ArmRecord {
    return this.records.at(-1) as ArmRecord;
  }

  command(command: OperatorCommand, value = NaN): void {
    const numbers = new Float64Array(this.memory.command.length);
    this.memory.command.set(numbers, 'sequence', (this.#sequence += 1));
    this.memory.command.set(numbers, 'code', COMMAND_CODES[command]);
    this.memory.command.set(numbers, 'value', value);
    this.memory.commands.push(numbers);
  }

  /** A setpoint of now. */
  follow(positionsRad: readonly number[] | undefined): void {
    const nowNs = this.clock.nowNs();
    const target: JointTarget | undefined =
      positionsRad === undefined
        ? undefined
        : { positionsRad: Float64Array.from(positionsRad), createdNs: nowNs, observedNs: nowNs };
    const numbers = new Float64Array(this.memory.setpoint.length);
    this.memory.setpoint.set(numbers, 'sequence', (this.#sequence += 1));
    writeTarget(this.memory.setpoint, numbers, 'positionsRad', target);
    this.memory.setpointSlot.write(numbers);
  }

  /** Ticks; before each the work is done, if there is any. */
  run(ticks: number, work: () => void = () => undefined): void {
    const { clock, memory } = this;
    const row = new Float64Array(memory.record.length);
    for (let tick = 0; tick < ticks && !this.isOver; tick += 1) {
      clock.advanceNs(PERIOD_NS);
      if (this.isSupervised) memory.supervisorSlot.write([clock.nowNs()]);
      work();
      const nowNs = clock.nowNs();
      this.isOver = !this.loop.tick({ nowNs, deadlineNs: nowNs, skipped: 0 });
      while (memory.records.take(row)) this.#remember(decodeRecord(memory.record, row));
    }
  }

  #remember(record: ArmRecord): void {
    this.records.push(record);
    const { tick, timeNs, target, isPlanned, arm, health, sentRad, hasStepped, state } = record;
    if (!hasStepped || state === 'gate-dead') return;
    this.box.record({
      tick,
      input: { nowNs: timeNs, target, isPlanned, measured: arm, health },
      gate: { ...record, state },
      sentRad,
    });
  }

  /** Armed, and on its way to a far goal that is asked for at every tick. */
  static moving(): GateBench {
    const bench = new GateBench();
    bench.run(2);
    bench.command('arm');
    bench.run(40, () => bench.follow([1.2, 1]));
    return bench;
  }
}
