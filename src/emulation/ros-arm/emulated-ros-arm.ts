import { NS_PER_S } from '../../core/clock.ts';
import type { ArmState } from '../../core/observation.ts';
import type { Rng } from '../../core/rng.ts';
import type { RobotSpec } from '../../robot/robot-spec.ts';
import type { RosSpec } from '../../robot/ros-spec.ts';
import { SimulatedArm } from '../../sim/simulated-arm.ts';
import { SimulatedCamera } from '../../sim/simulated-camera.ts';
import type { CameraVariation } from '../../sim/simulated-camera.ts';
import type { World } from '../../sim/world.ts';
import { rosTime } from '../rosbridge/message-codec.ts';
import type { RosGraph } from '../rosbridge/ros-graph.ts';
import { armControllers } from './arm-controllers.ts';
import { jointStateMessage } from './arm-messages.ts';
import { ControllerManager } from './controller-manager.ts';
import { robotSafety } from './robot-safety.ts';
import type { RobotSafety } from './robot-safety.ts';

/** Makes JPEG files of RGB pictures, shape (height, width, 3). */
export type EncodeJpeg = (rgb: Uint8Array, size: { readonly width: number; readonly height: number }) => Uint8Array;

export interface EmulatedRosArmOptions {
  /** Its physics; stepped and freed by its owner's calls of advance and dispose. */
  readonly world: World;
  readonly ros: RosSpec;
  readonly graph: RosGraph;
  /** Time now, monotonic ns: the arm has stood still until then. */
  readonly startNs: number;
  /** Time of day, ns, less monotonic time. */
  readonly wallOffsetNs: number;
  readonly rng: Rng;
  /** Undefined: no pictures are published. */
  readonly encodeJpeg: EncodeJpeg | undefined;
  /** joint_trajectory_controller's allow_nonzero_velocity_at_trajectory_end. */
  readonly allowsVelocityAtEnd: boolean;
}

interface CameraChannel {
  readonly camera: SimulatedCamera;
  readonly topic: string;
  readonly periodNs: number;
  nextNs: number;
}

/** Behind by more than this, the physics skips time instead of catching up. */
const LARGEST_LAG_NS = NS_PER_S / 2;
const STATUS_PERIOD_NS = NS_PER_S / 5;

/**
 * A simulated arm as ros2_control offers a real one: joint states at the robot's rate, in an order of the broadcaster's
 * own; controllers that the controller_manager lists and switches; robot-side safety; cameras. Time passes in advance.
 */
export class EmulatedRosArm {
  readonly #options: EmulatedRosArmOptions;
  readonly #robot: RobotSpec;
  readonly #arm: SimulatedArm;
  readonly #cameras: readonly CameraChannel[];
  readonly #manager: ControllerManager;
  readonly #safety: RobotSafety;
  /** Joints in the order of the joint states, and of the gripper's own where it has them. */
  readonly #orders: ReadonlyMap<string, readonly number[]>;
  #measured: ArmState;
  #nowNs: number;
  #nextStateNs: number;
  #nextStatusNs: number;
  #isHolding = false;

  constructor(options: EmulatedRosArmOptions) {
    this.#options = options;
    const { world, ros, graph, startNs, rng } = options;
    const { robot } = world;
    this.#robot = robot;
    this.#arm = new SimulatedArm(world);
    [this.#nowNs, this.#nextStateNs, this.#nextStatusNs] = [startNs, startNs + NS_PER_S / robot.rates.stateHz, startNs];
    this.#measured = this.#arm.measure(startNs, rng);
    this.#orders = this.#topicsOfJoints();
    for (const topic of this.#orders.keys()) graph.advertise(topic, 'sensor_msgs/JointState');
    this.#safety = robotSafety({ graph, ros, nowNs: () => this.#nowNs });
    const { all, active } = armControllers({ ...options, robot });
    this.#manager = new ControllerManager({
      graph,
      node: ros.controllerManager ?? '/controller_manager',
      controllers: all,
      active,
      measure: (joints) => ({
        nowNs: this.#nowNs,
        rosNs: this.#rosNs,
        positionsRad: joints.map((joint) => this.#measured.positionsRad[joint] ?? NaN),
        velocitiesRadPerS: joints.map((joint) => this.#measured.velocitiesRadPerS[joint] ?? NaN),
      }),
    });
    const topics = Object.entries(options.encodeJpeg === undefined ? {} : ros.cameras);
    this.#cameras = topics.flatMap(([name, { topic }]) => {
      const spec = robot.cameras.find((camera) => camera.name === name);
      if (spec === undefined) return [];
      graph.advertise(topic, 'sensor_msgs/CompressedImage');
      const periodNs = NS_PER_S / spec.rateHz;
      return [{ camera: new SimulatedCamera(world, spec), topic, periodNs, nextNs: startNs }];
    });
    const stop = ros.emergencyStop;
    if (stop !== undefined) graph.advertise(stop.topic, 'std_msgs/Bool');
    this.setEmergencyStop(false);
  }

  /** The world was put into another state: the controllers hold what they find, and the cameras see it as given. */
  begin(variation: CameraVariation): void {
    this.#isHolding = false;
    this.#measureTruth();
    this.#manager.restart();
    for (const channel of this.#cameras) channel.camera.variation = variation;
  }

  /** It is `nowNs`: the physics catches up, and everything that was due meanwhile is published. */
  advance(nowNs: number): void {
    const { world, graph } = this.#options;
    const stepNs = world.timestepS * NS_PER_S;
    if (nowNs - this.#nowNs > LARGEST_LAG_NS) this.#nowNs = nowNs - LARGEST_LAG_NS;
    while (this.#nowNs + stepNs <= nowNs) {
      this.#command();
      world.step(1);
      this.#nowNs += stepNs;
      if (this.#nowNs >= this.#nextStateNs) this.#publishState();
      for (const channel of this.#cameras) if (this.#nowNs >= channel.nextNs) this.#publishPicture(channel);
      if (this.#nowNs >= this.#nextStatusNs) {
        this.#nextStatusNs += STATUS_PERIOD_NS;
        graph.publishActionStatus();
      }
    }
  }

  /** The robot stops by itself; only its recovery gets it going again. */
  protectiveStop(): void {
    this.#safety.protectiveStop();
  }

  /** Presses or releases the emergency stop that the description names. */
  setEmergencyStop(isPressed: boolean): void {
    const { graph, ros } = this.#options;
    const { topic, activeWhen } = ros.emergencyStop ?? {};
    if (topic !== undefined) graph.publish(topic, { data: isPressed === activeWhen }, { latched: true });
  }

  dispose(): void {
    for (const { camera } of this.#cameras) camera.dispose();
  }

  get #rosNs(): number {
    return this.#nowNs + this.#options.wallOffsetNs;
  }

  #topicsOfJoints(): Map<string, readonly number[]> {
    const { ros, rng } = this.#options;
    const all = rng.shuffle(this.#robot.joints.map((_, joint) => joint));
    const { stateTopic } = ros.gripper ?? {};
    if (stateTopic === undefined) return new Map([[ros.jointStates.topic, all]]);
    const isGripper = (joint: number): boolean => this.#robot.joints[joint]?.name === this.#robot.gripper;
    return new Map([
      [ros.jointStates.topic, all.filter((joint) => !isGripper(joint))],
      [stateTopic, all.filter(isGripper)],
    ]);
  }

  #command(): void {
    const { world } = this.#options;
    this.#manager.setStopped(!this.#safety.mayMove);
    this.#measureTruth();
    const targets = this.#safety.mayMove ? this.#manager.update() : undefined;
    if (targets === undefined) return this.#hold();
    this.#isHolding = false;
    if (targets.size === 0) return;
    const next = world.servoTargets();
    for (const [joint, position] of targets) next[joint] = position;
    world.setServoTargets(next);
  }

  /** A robot that stopped by itself brakes hard and holds where it came to be. */
  #hold(): void {
    if (this.#isHolding) return;
    this.#isHolding = true;
    this.#options.world.setServoTargets(this.#options.world.jointPositions());
  }

  /** Controllers see the joints without the noise of the encoders' messages, as those that run beside the hardware do. */
  #measureTruth(): void {
    const { world } = this.#options;
    this.#measured = {
      ...this.#measured,
      positionsRad: Float64Array.from(world.jointPositions()),
      velocitiesRadPerS: Float64Array.from(world.jointVelocities()),
    };
  }

  #measure(): ArmState {
    this.#measured = this.#arm.measure(this.#nowNs, this.#options.rng);
    return this.#measured;
  }

  #publishState(): void {
    const { graph, ros } = this.#options;
    const periodNs = NS_PER_S / this.#robot.rates.stateHz;
    while (this.#nextStateNs <= this.#nowNs) this.#nextStateNs += periodNs;
    const state = this.#measure();
    const stamp = rosTime(this.#rosNs);
    for (const [topic, order] of this.#orders)
      graph.publish(topic, jointStateMessage(this.#robot, ros, { state, stamp, order }));
    this.#safety.publish();
  }

  #publishPicture(channel: CameraChannel): void {
    const { graph, rng, encodeJpeg } = this.#options;
    while (channel.nextNs <= this.#nowNs) channel.nextNs += channel.periodNs;
    const { rgb, width, height, camera } = channel.camera.capture(this.#nowNs, rng);
    const header = { stamp: rosTime(this.#rosNs), frame_id: camera };
    const data = encodeJpeg?.(rgb, { width, height });
    if (data !== undefined) graph.publish(channel.topic, { header, format: 'jpeg', data });
  }
}
