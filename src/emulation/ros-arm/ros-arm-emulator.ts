import type { Clock } from '../../core/clock.ts';
import { Rng } from '../../core/rng.ts';
import { JpegEncoder } from '../../record/jpeg.ts';
import type { RobotSpec } from '../../robot/robot-spec.ts';
import type { RosSpec } from '../../robot/ros-spec.ts';
import { noVariation } from '../../sim/simulated-camera.ts';
import { disposeEpisodes, startEpisode } from '../../sim/task.ts';
import type { TaskEpisode, Outcome } from '../../sim/task.ts';
import type { TaskSpec } from '../../sim/task-spec.ts';
import { World } from '../../sim/world.ts';
import { ROSBRIDGE_FAULTS } from '../rosbridge/link-faults.ts';
import type { RosbridgeFault } from '../rosbridge/link-faults.ts';
import { MessageCodec } from '../rosbridge/message-codec.ts';
import type { RosVersion } from '../rosbridge/message-definitions.ts';
import { RosGraph } from '../rosbridge/ros-graph.ts';
import { offerRosapi } from '../rosbridge/rosapi.ts';
import { RosbridgeServer } from '../rosbridge/rosbridge-server.ts';
import { EmulatedRosArm } from './emulated-ros-arm.ts';
import { rosDescription } from './ros-description.ts';

/** Faults of the link, of the bridge itself, and of the robot. */
export const ROS_ARM_FAULTS = [...ROSBRIDGE_FAULTS, 'bridge-killed', 'protective-stop', 'emergency-stop'] as const;
export type RosArmFault = (typeof ROS_ARM_FAULTS)[number];

export interface RosArmEmulatorOptions {
  readonly robot: RobotSpec;
  /** Default: that of the robot description; 2 without one. */
  readonly rosVersion?: RosVersion;
  /** Of the rosbridge server, on loopback; 0: a free one. Default 0. */
  readonly port?: number;
  /** The scene and what counts as success there. Default: the arm alone, at home. */
  readonly task?: TaskSpec;
  /** Decides the scene, the order of the joint states and all noise. Default 0. */
  readonly seed?: number;
  readonly clock: Clock;
  /** Time of day, ns since 1970. */
  readonly wallNs: () => number;
  /** False: no pictures are published. Default true. */
  readonly cameras?: boolean;
  /** joint_trajectory_controller's allow_nonzero_velocity_at_trajectory_end; rolling trajectories need it. Default true. */
  readonly allowsVelocityAtEnd?: boolean;
  /** What the true bridge writes into its log, and no client learns. Default: nowhere. */
  readonly log?: (line: string) => void;
}

/** Topics of the emulator itself, beside those of the robot. */
export const EMULATOR_TOPICS = {
  /** std_msgs/Bool, latched: whether the task is done. */
  success: '/armature_emulator/success',
  /** std_msgs/String, latched: running, success or failure. */
  outcome: '/armature_emulator/outcome',
  /** std_msgs/String, latched: what the scene is asked for, in words. */
  instruction: '/armature_emulator/instruction',
  /** std_msgs/Int32, taken: a new scene from this seed. */
  reset: '/armature_emulator/reset',
} as const;

/** A simulated arm behind a rosbridge server of our own: what reaches it cannot tell it from ROS. */
export class RosArmEmulator {
  readonly ros: RosSpec;
  readonly #options: RosArmEmulatorOptions;
  readonly #world: World;
  readonly #graph: RosGraph;
  readonly #arm: EmulatedRosArm;
  readonly #jpeg: JpegEncoder | undefined;
  readonly #port: number;
  #server: RosbridgeServer | undefined;
  #episode: TaskEpisode | undefined;
  #outcome: Outcome = 'running';
  #nextCheckNs = 0;

  /** @internal use RosArmEmulator.start */
  constructor(
    options: RosArmEmulatorOptions,
    parts: {
      world: World;
      graph: RosGraph;
      arm: EmulatedRosArm;
      ros: RosSpec;
      jpeg: JpegEncoder | undefined;
      server: RosbridgeServer;
    },
  ) {
    this.#options = options;
    [this.#world, this.#graph, this.#arm, this.ros] = [parts.world, parts.graph, parts.arm, parts.ros];
    [this.#jpeg, this.#server, this.#port] = [parts.jpeg, parts.server, parts.server.port];
    for (const topic of [EMULATOR_TOPICS.outcome, EMULATOR_TOPICS.instruction])
      parts.graph.advertise(topic, 'std_msgs/String');
    parts.graph.advertise(EMULATOR_TOPICS.success, 'std_msgs/Bool');
    parts.graph.subscribe(EMULATOR_TOPICS.reset, 'std_msgs/Int32', ({ data }) => this.reset(data as number));
    this.reset(options.seed ?? 0);
  }

  /**
   * Throws ArmatureError: E_NO_SIMULATION for a robot without a model, E_SCENE and E_SCENE_NAME for a scene it does not
   * fit, E_ROSBRIDGE_PORT when the port is taken, E_VIDEO_UNAVAILABLE where pictures cannot be made.
   */
  static async start(options: RosArmEmulatorOptions): Promise<RosArmEmulator> {
    const { robot, task, clock, wallNs, seed = 0, cameras = true, allowsVelocityAtEnd = true } = options;
    const ros = rosDescription(robot, options.rosVersion);
    const world = task === undefined ? await World.loadArm(robot) : await World.load({ robot, scene: task.scene });
    world.reset(robot.homeRad);
    world.forward();
    const graph = new RosGraph(new MessageCodec(ros.rosVersion, wallNs));
    offerRosapi(graph);
    const jpeg = cameras && Object.keys(ros.cameras).length > 0 ? await JpegEncoder.load() : undefined;
    const rng = new Rng(seed);
    const startNs = clock.nowNs();
    const arm = new EmulatedRosArm({
      world,
      ros,
      graph,
      startNs,
      wallOffsetNs: wallNs() - startNs,
      rng: rng.fork(),
      encodeJpeg: jpeg === undefined ? undefined : (rgb, size) => jpeg.encode(rgb, size),
      allowsVelocityAtEnd,
    });
    const server = await serve(options, graph, options.port ?? 0);
    return new RosArmEmulator(options, { world, graph, arm, ros, jpeg, server });
  }

  get url(): string {
    return `ws://127.0.0.1:${this.#port}`;
  }

  get clientCount(): number {
    return this.#server?.clientCount ?? 0;
  }

  /** Where the joints really are, without the noise of the encoders, rad. */
  get positionsRad(): number[] {
    return this.#world.jointPositions();
  }

  get outcome(): Outcome {
    return this.#outcome;
  }

  /** What the scene is asked for, in words; empty without a task. */
  get instruction(): string {
    return this.#episode?.instruction ?? '';
  }

  /** Time passes until now: physics and everything that is published. In real time, call it every few milliseconds. */
  advance(): void {
    const nowNs = this.#options.clock.nowNs();
    this.#arm.advance(nowNs);
    if (this.#episode === undefined || nowNs < this.#nextCheckNs) return;
    this.#nextCheckNs = nowNs + 1e9 / this.#options.robot.rates.controlHz;
    const outcome = this.#outcome === 'running' ? this.#episode.check() : this.#outcome;
    if (outcome !== this.#outcome) this.#tell(outcome);
  }

  /** A new scene from a seed: the arm and all things are put to where it begins. */
  reset(seed: number): void {
    const { task, robot } = this.#options;
    if (task === undefined) {
      this.#world.reset(robot.homeRad);
      this.#world.forward();
    } else this.#episode = startEpisode(this.#world, task, seed);
    this.#arm.begin(this.#episode?.variation ?? noVariation);
    const instruction = { data: this.instruction };
    this.#graph.publish(EMULATOR_TOPICS.instruction, instruction, { latched: true });
    this.#tell('running');
  }

  async inject(fault: RosArmFault): Promise<void> {
    if (fault === 'protective-stop') this.#arm.protectiveStop();
    else if (fault === 'emergency-stop') this.#arm.setEmergencyStop(true);
    else if (fault === 'bridge-killed') {
      const server = this.#server;
      this.#server = undefined;
      await server?.close();
    } else this.#server?.inject(fault satisfies RosbridgeFault);
  }

  /** Everything well again, but for a robot that stopped by itself: that needs its recovery. */
  async clearFaults(): Promise<void> {
    this.#arm.setEmergencyStop(false);
    this.#server?.clearFaults();
    this.#server ??= await serve(this.#options, this.#graph, this.#port);
  }

  async close(): Promise<void> {
    await this.#server?.close();
    this.#server = undefined;
    this.#arm.dispose();
    disposeEpisodes(this.#world);
    this.#world.dispose();
    this.#jpeg?.free();
  }

  #tell(outcome: Outcome): void {
    this.#outcome = outcome;
    this.#graph.publish(EMULATOR_TOPICS.outcome, { data: outcome }, { latched: true });
    this.#graph.publish(EMULATOR_TOPICS.success, { data: outcome === 'success' }, { latched: true });
  }
}

function serve(
  { clock, seed = 0, log }: RosArmEmulatorOptions,
  graph: RosGraph,
  port: number,
): Promise<RosbridgeServer> {
  return RosbridgeServer.listen({ graph, port, clock, rng: new Rng(seed), ...(log === undefined ? {} : { log }) });
}
