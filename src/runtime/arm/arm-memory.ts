import type { RobotSpec } from '../../robot/robot-spec.ts';
import { commandLayout, setpointLayout } from './message-formats.ts';
import type { CommandLayout, SetpointLayout } from './message-formats.ts';
import { recordLayout } from './record-format.ts';
import type { RecordLayout } from './record-format.ts';
import { SharedRing } from './shared-ring.ts';
import { SharedSlot } from './shared-slot.ts';

/** How much of the past the ring of records holds, s: a main thread that was blocked for so long loses nothing. */
const RECORDED_S = 10;
/** Commands that wait for the next tick; people give no more. */
const WAITING_COMMANDS = 64;

/** Memory that the threads of an arm process share; it can be given to a worker. */
export interface ArmMemoryBuffers {
  readonly setpoint: SharedArrayBuffer;
  readonly supervisor: SharedArrayBuffer;
  readonly token: SharedArrayBuffer;
  readonly commands: SharedArrayBuffer;
  readonly records: SharedArrayBuffer;
}

/** One thread's view of that memory. Every slot and ring has one thread that writes to it. */
export class ArmMemory {
  readonly setpoint: SetpointLayout;
  readonly command: CommandLayout = commandLayout;
  readonly record: RecordLayout;
  /** Main thread: the newest setpoint. */
  readonly setpointSlot: SharedSlot;
  /** Main thread: when the supervisor was heard last, monotonic ns; not a number once it has gone for good. */
  readonly supervisorSlot: SharedSlot;
  /** Gate: when it ticked last, monotonic ns; not a number once it has ended as it was told. */
  readonly token: SharedSlot;
  /** Main thread: operator's commands. */
  readonly commands: SharedRing;
  /** Gate: what happened. */
  readonly records: SharedRing;

  constructor(robot: RobotSpec, buffers: ArmMemoryBuffers) {
    this.setpoint = setpointLayout(robot.joints.length);
    this.record = recordLayout(robot.joints.length);
    this.setpointSlot = new SharedSlot(buffers.setpoint);
    this.supervisorSlot = new SharedSlot(buffers.supervisor);
    this.token = new SharedSlot(buffers.token);
    this.commands = new SharedRing(buffers.commands, this.command.length);
    this.records = new SharedRing(buffers.records, this.record.length);
  }

  static allocate(robot: RobotSpec): ArmMemoryBuffers {
    const jointCount = robot.joints.length;
    return {
      setpoint: SharedSlot.allocate(setpointLayout(jointCount).length),
      supervisor: SharedSlot.allocate(1),
      token: SharedSlot.allocate(1),
      commands: SharedRing.allocate(commandLayout.length, WAITING_COMMANDS),
      records: SharedRing.allocate(recordLayout(jointCount).length, RECORDED_S * robot.rates.gateHz),
    };
  }
}
