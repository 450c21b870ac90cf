import { NS_PER_S } from '../../../core/clock.ts';
import { rosJointName } from '../../../robot/ros-spec.ts';
import type { RosGripperSpec } from '../../../robot/ros-spec.ts';
import { gripperUnits } from '../gripper-units.ts';
import type { GripperUnits } from '../gripper-units.ts';
import { toRosNumbers, toRosTime } from '../messages.ts';
import { TYPES } from '../message-types.ts';
import { openAction } from '../ros-actions.ts';
import type { RosAction } from '../ros-actions.ts';
import type { JointCommand, SenderOptions } from './command-sender.ts';

/** A gripper that closes on a thing takes its time, ms. */
const RESULT_TIMEOUT_MS = 10_000;

/**
 * A gripper with a command of its own. It is told only what changed, and not more often than it can take: each goal of
 * an action ends the one before.
 */
export class GripperSender {
  readonly #options: SenderOptions;
  readonly #spec: RosGripperSpec;
  readonly #units: GripperUnits;
  readonly #index: number;
  readonly #action: RosAction | undefined;
  #sentRad = NaN;
  #sentNs = -Infinity;

  constructor(options: SenderOptions, spec: RosGripperSpec) {
    const { robot, link } = options;
    this.#options = options;
    this.#spec = spec;
    this.#units = gripperUnits(spec);
    this.#index = robot.joints.findIndex(({ name }) => name === robot.gripper);
    if (spec.kind === 'float64-array') link.advertise(spec.name, TYPES.float64Array);
    else {
      const type = spec.kind === 'gripper-command' ? TYPES.gripperCommand : TYPES.parallelGripperCommand;
      this.#action = openAction(link, spec.name, type);
    }
  }

  /** Sends what the command wants of the gripper where that is due. */
  send({ positionsRad, stampNs }: JointCommand): void {
    const positionRad = positionsRad[this.#index] as number;
    const { toleranceRad, maxRateHz } = this.#spec;
    // Negated so that the first one, before which nothing was sent, goes out.
    const isNear = Math.abs(positionRad - this.#sentRad) < toleranceRad;
    const isSoon = (stampNs - this.#sentNs) * maxRateHz < NS_PER_S;
    if (isNear || isSoon || !this.#options.link.mayCommand) return;
    this.#sentRad = positionRad;
    this.#sentNs = stampNs;
    this.#tell(this.#units.toCommand(positionRad));
  }

  /** After a loss of the link nobody knows what the gripper was told last. */
  begin(): void {
    this.#sentRad = NaN;
  }

  #tell(position: number): void {
    const { link, robot, spec } = this.#options;
    const { kind, name, maxEffort } = this.#spec;
    const [value] = toRosNumbers([position], name);
    if (kind === 'float64-array') {
      link.publishCommand(name, { layout: { dim: [], data_offset: 0 }, data: [value] });
      return;
    }
    const goal =
      kind === 'gripper-command'
        ? { command: { position: value, max_effort: maxEffort } }
        : {
            command: {
              header: { stamp: toRosTime(link.rosVersion, 0), frame_id: '' },
              name: [rosJointName(spec, robot.gripper)],
              position: [value],
              velocity: [],
              effort: maxEffort > 0 ? [maxEffort] : [],
            },
          };
    // A goal that closes on a thing does not reach its position, and one that is replaced is aborted: neither is wrong.
    this.#action?.send(goal, RESULT_TIMEOUT_MS).result.catch(() => undefined);
  }
}
