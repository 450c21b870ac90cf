import type { ArmState } from '../../../core/observation.ts';
import type { RosCommandSpec } from '../../../robot/ros-spec.ts';
import { toRosNumbers } from '../messages.ts';
import { TYPES } from '../message-types.ts';
import { commandedJoints } from './command-sender.ts';
import type { CommandSender, CommandedJoint, JointCommand, SenderOptions } from './command-sender.ts';

/**
 * Positions to a forward_command_controller. It has no limits, no timeout and no stamps: the arm goes to what came
 * last, and stays there.
 */
export class ForwardPositionSender implements CommandSender {
  readonly #options: SenderOptions;
  readonly #topic: string;
  readonly #joints: readonly CommandedJoint[];
  #last: JointCommand | undefined;

  constructor(options: SenderOptions, { topic }: Extract<RosCommandSpec, { kind: 'forward-position' }>) {
    this.#options = options;
    this.#topic = topic;
    this.#joints = commandedJoints(options);
    options.link.advertise(topic, TYPES.float64Array);
  }

  send(command: JointCommand): boolean {
    const isSent = this.#options.link.publishCommand(this.#topic, this.#message(command.positionsRad));
    if (isSent) this.#last = command;
    return isSent;
  }

  /**
   * Where the arm is measured is where it holds; a gripper keeps its command, so that it does not let go. Without a
   * measurement the controller goes on holding what came last.
   */
  stop(measured: ArmState | undefined): void {
    const held = measured?.positionsRad.slice();
    if (held === undefined) return;
    for (const { index, isGripper } of this.#joints) {
      const last = this.#last?.positionsRad[index];
      if (last !== undefined && (isGripper || !Number.isFinite(held[index]))) held[index] = last;
    }
    if (held.every(Number.isFinite)) this.#options.link.publish(this.#topic, this.#message(held));
  }

  begin(): void {
    this.#last = undefined;
  }

  #message(positionsRad: Float64Array): unknown {
    const data = toRosNumbers(
      this.#joints.map(({ index }) => positionsRad[index] as number),
      this.#topic,
    );
    return { layout: { dim: [], data_offset: 0 }, data };
  }
}
