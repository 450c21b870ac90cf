import type { RosMessage } from '../rosbridge/message-codec.ts';
import type { RosGraph } from '../rosbridge/ros-graph.ts';
import type { Controller } from './controller.ts';

export interface ForwardCommandOptions {
  readonly graph: RosGraph;
  readonly name: string;
  readonly topic: string;
  readonly joints: readonly number[];
  /** Brings a value of the topic to the joint's rad. Default: it is rad. */
  readonly toRad?: (value: number) => number;
}

/** forward_command_controller: the last array is the set point for ever, without limits, timeout or interpolation. */
export class ForwardCommandController implements Controller {
  readonly name: string;
  readonly type = 'position_controllers/JointGroupPositionController';
  readonly joints: readonly number[];
  #isActive = false;
  #values: readonly number[] | undefined;

  constructor({ graph, name, topic, joints, toRad = (value) => value }: ForwardCommandOptions) {
    [this.name, this.joints] = [name, joints];
    graph.subscribe(topic, 'std_msgs/Float64MultiArray', (message: RosMessage) => {
      const values = message['data'] as number[];
      // An array of another length is an error in the controller's log and changes nothing.
      if (this.#isActive && values.length === joints.length) this.#values = values.map(toRad);
    });
  }

  activate(): void {
    this.#isActive = true;
    this.#values = undefined;
  }

  deactivate(): void {
    this.#isActive = false;
  }

  update(): readonly number[] | undefined {
    return this.#values;
  }
}
