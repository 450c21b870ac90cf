import type { RosMessage } from '../rosbridge/message-codec.ts';
import type { RosGraph } from '../rosbridge/ros-graph.ts';
import type { Controller, ControllerInput } from './controller.ts';

const BROADCASTER = { name: 'joint_state_broadcaster', type: 'joint_state_broadcaster/JointStateBroadcaster' };

export interface ControllerManagerOptions {
  readonly graph: RosGraph;
  /** Its node, such as /controller_manager. */
  readonly node: string;
  readonly controllers: readonly Controller[];
  readonly active: readonly string[];
  readonly measure: (joints: readonly number[]) => ControllerInput;
}

/** controller_manager: who commands which joint. A joint has one active controller at most. */
export class ControllerManager {
  readonly #options: ControllerManagerOptions;
  readonly #active = new Set<Controller>();
  #isStopped = false;

  constructor(options: ControllerManagerOptions) {
    this.#options = options;
    const { graph, node, controllers, active } = options;
    graph.services.set(`${node}/list_controllers`, {
      type: 'controller_manager_msgs/ListControllers',
      call: () => ({ controller: this.#list() }),
    });
    graph.services.set(`${node}/switch_controller`, {
      type: 'controller_manager_msgs/SwitchController',
      call: (request) => ({ ok: this.#switch(request) }),
    });
    for (const controller of controllers) if (active.includes(controller.name)) this.#activate(controller);
  }

  /** Lets every active controller say where its joints are to be: rad by index of the joint. */
  update(): Map<number, number> {
    const targets = new Map<number, number>();
    if (this.#isStopped) return targets;
    for (const controller of this.#active) {
      const positions = controller.update(this.#options.measure(controller.joints));
      controller.joints.forEach((joint, index) => {
        const position = positions?.[index];
        if (position !== undefined && Number.isFinite(position)) targets.set(joint, position);
      });
    }
    return targets;
  }

  /** The robot does not let itself be moved: its driver stops the controllers, and starts them when it does again. */
  setStopped(isStopped: boolean): void {
    if (isStopped === this.#isStopped) return;
    this.#isStopped = isStopped;
    for (const controller of this.#active) {
      if (isStopped) controller.deactivate();
      else this.#activate(controller);
    }
  }

  /** Every active controller begins anew where the joints are now. */
  restart(): void {
    for (const controller of this.#active) {
      controller.deactivate();
      this.#activate(controller);
    }
  }

  #activate(controller: Controller): void {
    this.#active.add(controller);
    controller.activate(this.#options.measure(controller.joints));
  }

  #list(): RosMessage[] {
    const own = this.#options.controllers.map((controller) => ({
      name: controller.name,
      type: controller.type,
      state: this.#active.has(controller) && !this.#isStopped ? 'active' : 'inactive',
    }));
    const states = [...own, { ...BROADCASTER, state: 'active' }];
    // ROS 1 calls it otherwise.
    if (this.#options.graph.codec.version === 2) return states;
    return states.map((entry) => ({ ...entry, state: entry.state === 'active' ? 'running' : 'stopped' }));
  }

  /** All or nothing, as STRICT has it. */
  #switch(request: RosMessage): boolean {
    const { controllers } = this.#options;
    const named = (...fields: string[]): Controller[] | undefined => {
      const names = fields.flatMap((field) => (request[field] as string[] | undefined) ?? []);
      const found = controllers.filter(({ name }) => names.includes(name));
      return found.length === new Set(names).size ? found : undefined;
    };
    const start = named('activate_controllers', 'start_controllers');
    const stop = named('deactivate_controllers', 'stop_controllers');
    if (start === undefined || stop === undefined || this.#isStopped) return false;
    const staying = [...this.#active].filter((controller) => !stop.includes(controller));
    const claimed = new Set(staying.flatMap(({ joints }) => joints));
    if (start.some((one) => !staying.includes(one) && one.joints.some((joint) => claimed.has(joint)))) return false;
    for (const controller of stop) {
      controller.deactivate();
      this.#active.delete(controller);
    }
    for (const controller of start) this.#activate(controller);
    return true;
  }
}
