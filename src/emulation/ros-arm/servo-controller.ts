import { NS_PER_MS, NS_PER_S } from '../../core/clock.ts';
import { timeNs } from '../rosbridge/message-codec.ts';
import type { RosMessage, RosTime } from '../rosbridge/message-codec.ts';
import type { RosGraph } from '../rosbridge/ros-graph.ts';
import type { Controller, ControllerInput } from './controller.ts';

export interface ServoOptions {
  readonly graph: RosGraph;
  readonly name: string;
  readonly topic: string;
  readonly pauseService: string;
  readonly joints: readonly number[];
  readonly jointNames: readonly string[];
  /** Largest speed of each joint, rad/s, order of `joints`; faster commands are scaled as a whole. */
  readonly velocityLimits: readonly number[];
}

/** MoveIt Servo's incoming_command_timeout: commands with an older stamp halt the arm. */
const COMMAND_TIMEOUT_NS = 100 * NS_PER_MS;

/** MoveIt Servo taking joint velocities: they are integrated while their stamp is fresh, and the arm halts when it is not. */
export class ServoController implements Controller {
  readonly name: string;
  readonly type = 'moveit_servo/ServoNode';
  readonly joints: readonly number[];
  readonly #options: ServoOptions;
  #velocities: readonly number[] = [];
  #stampNs = -Infinity;
  #targets: number[] = [];
  #lastNs = 0;
  #isActive = false;
  #isPaused = false;

  constructor(options: ServoOptions) {
    [this.#options, this.name, this.joints] = [options, options.name, options.joints];
    options.graph.subscribe(options.topic, 'control_msgs/JointJog', (message) => this.#take(message));
    options.graph.services.set(options.pauseService, {
      type: 'std_srvs/SetBool',
      call: ({ data }) => {
        this.#isPaused = data === true;
        return { success: true, message: this.#isPaused ? 'Servoing disabled' : 'Servoing enabled' };
      },
    });
  }

  activate({ positionsRad, nowNs }: ControllerInput): void {
    [this.#isActive, this.#targets, this.#lastNs] = [true, [...positionsRad], nowNs];
    this.#stampNs = -Infinity;
  }

  deactivate(): void {
    this.#isActive = false;
  }

  update({ rosNs, nowNs }: ControllerInput): readonly number[] {
    const stepS = (nowNs - this.#lastNs) / NS_PER_S;
    this.#lastNs = nowNs;
    const isFresh = Math.abs(rosNs - this.#stampNs) <= COMMAND_TIMEOUT_NS;
    if (isFresh && !this.#isPaused) {
      this.#targets = this.#targets.map((target, joint) => target + (this.#velocities[joint] ?? 0) * stepS);
    }
    return this.#targets;
  }

  #take(message: RosMessage): void {
    const { jointNames, velocityLimits } = this.#options;
    const names = message['joint_names'] as string[];
    const velocities = message['velocities'] as number[];
    if (!this.#isActive || velocities.length !== names.length || names.some((name) => !jointNames.includes(name)))
      return;
    const wished = jointNames.map((name) => velocities[names.indexOf(name)] ?? 0);
    const excess = Math.max(
      1,
      ...wished.map((velocity, joint) => Math.abs(velocity) / (velocityLimits[joint] ?? Infinity)),
    );
    this.#velocities = wished.map((velocity) => velocity / excess);
    this.#stampNs = timeNs((message['header'] as RosMessage)['stamp'] as RosTime);
  }
}
