import { NS_PER_S } from '../../core/clock.ts';
import type { RosGripperSpec } from '../../robot/ros-spec.ts';
import { MessageRefused } from '../rosbridge/message-codec.ts';
import type { RosMessage } from '../rosbridge/message-codec.ts';
import type { GoalHandle, RosActionServer } from '../rosbridge/ros-graph.ts';
import type { Controller, ControllerInput } from './controller.ts';

export interface GripperOptions {
  readonly name: string;
  readonly kind: Exclude<RosGripperSpec['kind'], 'float64-array'>;
  readonly joint: number;
  readonly jointName: string;
  /** Of the gripper joint, rad/s. */
  readonly velocityRadPerS: number;
  /** Position in ROS's unit to rad, and back. */
  readonly toRad: (position: number) => number;
  readonly fromRad: (positionRad: number) => number;
}

const TOLERANCE_RAD = 0.02;
/** Slower than this for a while, the gripper has stalled: on a thing, or at its end. */
const STALL_RAD_PER_S = 0.01;
const STALL_NS = NS_PER_S / 2;

/** GripperActionController and parallel_gripper_controller: a goal is a position, reached or stalled on a thing. */
export class GripperController implements Controller {
  readonly name: string;
  readonly type: string;
  readonly joints: readonly number[];
  readonly action: RosActionServer;
  readonly #options: GripperOptions;
  #isActive = false;
  #goal: { readonly handle: GoalHandle; readonly targetRad: number } | undefined;
  #targetRad: number | undefined;
  #commandRad: number | undefined;
  #movedNs = 0;
  #lastNs = 0;

  constructor(options: GripperOptions) {
    const { name, kind, joint } = options;
    [this.#options, this.name, this.joints] = [options, name, [joint]];
    const isParallel = kind === 'parallel-gripper-command';
    this.type = isParallel
      ? 'parallel_gripper_action_controller/GripperActionController'
      : 'position_controllers/GripperActionController';
    this.action = {
      type: isParallel ? 'control_msgs/ParallelGripperCommand' : 'control_msgs/GripperCommand',
      accept: (goal, handle) => this.#accept(goal['command'] as RosMessage, handle),
      cancel: (handle) => {
        if (this.#goal?.handle.id !== handle.id) return;
        this.#goal = undefined;
        this.#targetRad = this.#commandRad;
        handle.cancelled(this.#state({ stalled: false, reached_goal: false }, this.#commandRad ?? 0));
      },
    };
  }

  activate({ positionsRad: [position = 0], nowNs }: ControllerInput): void {
    this.#isActive = true;
    [this.#commandRad, this.#targetRad, this.#lastNs] = [position, position, nowNs];
  }

  deactivate(): void {
    this.#isActive = false;
    const goal = this.#goal;
    this.#goal = undefined;
    goal?.handle.abort({});
  }

  update({
    nowNs,
    positionsRad: [position = 0],
    velocitiesRadPerS: [velocity = 0],
  }: ControllerInput): readonly number[] {
    const stepRad = (this.#options.velocityRadPerS * (nowNs - this.#lastNs)) / NS_PER_S;
    this.#lastNs = nowNs;
    const [command, target] = [this.#commandRad ?? position, this.#targetRad ?? position];
    this.#commandRad = command + Math.min(stepRad, Math.max(-stepRad, target - command));
    if (Math.abs(velocity) > STALL_RAD_PER_S || this.#commandRad !== target) this.#movedNs = nowNs;
    this.#settle(nowNs, position);
    return [this.#commandRad];
  }

  #accept(command: RosMessage, handle: GoalHandle): void {
    if (!this.#isActive) throw new MessageRefused(`Controller ${this.name} is not in ACTIVE state: goal rejected`);
    const position =
      this.#options.kind === 'gripper-command' ? command['position'] : (command['position'] as number[])[0];
    if (typeof position !== 'number') throw new MessageRefused('the goal has no position');
    const replaced = this.#goal;
    const targetRad = this.#options.toRad(position);
    this.#goal = { handle, targetRad };
    this.#targetRad = targetRad;
    this.#movedNs = this.#lastNs;
    replaced?.handle.abort({});
  }

  #settle(nowNs: number, positionRad: number): void {
    const goal = this.#goal;
    if (goal === undefined) return;
    const isThere = Math.abs(positionRad - goal.targetRad) <= TOLERANCE_RAD;
    const isStalled = nowNs - this.#movedNs > STALL_NS;
    if (!isThere && !isStalled) return;
    this.#goal = undefined;
    goal.handle.succeed(this.#state({ stalled: !isThere, reached_goal: isThere }, positionRad));
  }

  #state(outcome: RosMessage, positionRad: number): RosMessage {
    const position = this.#options.fromRad(positionRad);
    const { kind, jointName } = this.#options;
    return kind === 'gripper-command'
      ? { ...outcome, position }
      : { ...outcome, state: { name: [jointName], position: [position] } };
  }
}
