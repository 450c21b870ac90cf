import { NS_PER_MS } from '../../core/clock.ts';
import type { Clock } from '../../core/clock.ts';
import { InvalidFileError, messageOf } from '../../core/errors.ts';
import type { RobotSpec } from '../../robot/robot-spec.ts';
import type { RosSpec } from '../../robot/ros-spec.ts';
import type { ArmHealth } from '../../safety/health-monitor.ts';
import { GripperSender } from './commands/gripper.ts';
import type { CommandSender, JointCommand } from './commands/command-sender.ts';
import { openSender } from './commands/open-sender.ts';
import { JointStates } from './joint-states.ts';
import type { RosArmState } from './joint-states.ts';
import { SCHEMAS, parseMessage } from './messages.ts';
import type { JointStateMessage } from './messages.ts';
import { TYPES } from './message-types.ts';
import { probeArm, requirePassed } from './probe.ts';
import type { RosWire } from './ros-driver.ts';
import { RobotSafety } from './robot-safety.ts';
import { RosLink } from './ros-link.ts';

/** A command that is older is not what the gate wants now, ms. */
const COMMAND_AGE_MS = 50;
/** What an arm is told to hold by must be a measurement of now, ms. */
const HOLD_AGE_MS = 100;
/** A bridge through which nothing is measured for so long has lost the graph: it is asked anew over a fresh link, ms. */
const SILENT_MS = 3000;
/** Between two attempts to find an arm whole after the link came back, ms. */
const PROBE_AGAIN_MS = 1000;
/** A controller that refuses again and again says so once in this time, ms. */
const PROBLEM_EVERY_MS = 5000;

export interface RosArmOptions {
  readonly robot: RobotSpec;
  /** Instead of the one in robot.yaml. */
  readonly url?: string | undefined;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  /** Told of what somebody should know; the arm goes on. */
  readonly onProblem: (error: unknown) => void;
}

/**
 * An arm behind a rosbridge server, for the thread that owns the link. It keeps the newest state, sends the newest
 * command, and never sends one that was meant for a link that has been lost since. After a loss it tells the arm to stop
 * as soon as there is a link again, and gives no state until the arm was found whole.
 */
export class RosArm implements RosWire {
  readonly link: RosLink;
  readonly spec: RosSpec;
  readonly safety: RobotSafety;
  readonly #options: RosArmOptions;
  readonly #states: JointStates;
  readonly #sender: CommandSender;
  readonly #gripper: GripperSender | undefined;
  readonly #stateListeners = new Set<() => void>();
  readonly #told = new Map<string, number>();
  /** Generation of the link over which the arm was found whole; 0 for none. */
  #proven = 0;
  #isFollowing = false;
  /** The link was lost while the arm followed, or it was to hold and nothing was measured: said again. */
  #owesStop = false;
  #isHalted = false;
  #probe: NodeJS.Timeout | undefined;
  #watch: NodeJS.Timeout | undefined;
  #upNs = -Infinity;
  #dropped = 0;

  private constructor(options: RosArmOptions, spec: RosSpec) {
    const { robot, clock, random } = options;
    this.#options = options;
    this.spec = spec;
    this.link = new RosLink({ url: options.url ?? spec.url, rosVersion: spec.rosVersion, clock, random });
    this.#states = new JointStates(robot, spec);
    const onProblem = (error: unknown): void => this.#tell(error);
    this.safety = new RobotSafety({ spec, link: this.link, onChange: () => this.#changed(), onProblem });
    const sending = {
      robot,
      spec,
      link: this.link,
      robotTimeNs: () => this.robotTimeNs(clock.nowNs()),
      onProblem,
    };
    this.#sender = openSender(sending);
    this.#gripper = spec.gripper === undefined ? undefined : new GripperSender(sending, spec.gripper);
    this.#subscribe();
  }

  /**
   * Connects and finds the arm whole; it does not move. Throws E_INVALID_FILE for a robot without a `ros` block,
   * E_ROS_UNREACHABLE, and what the probe finds.
   */
  static async open(options: RosArmOptions): Promise<RosArm> {
    const arm = RosArm.prepare(options);
    try {
      await arm.link.connect();
      await arm.#prove();
      arm.link.listen({ onUp: () => arm.#cameBack(), onDown: () => arm.#wasLost() });
      arm.#upNs = options.clock.nowNs();
      arm.#watch = setInterval(() => arm.#renewSilentLink(), SILENT_MS / 3);
      return arm;
    } catch (error) {
      arm.close();
      throw error;
    }
  }

  /** An arm whose link is not connected yet. Throws E_INVALID_FILE. */
  static prepare(options: RosArmOptions): RosArm {
    const { robot } = options;
    const spec = robot.drivers.ros;
    if (spec !== undefined) return new RosArm(options, spec);
    throw new InvalidFileError(`${robot.directory}/robot.yaml`, 'has no block drivers.ros', {
      remedy: 'Describe there how ROS reaches this arm; see docs/ros.md.',
    });
  }

  get generation(): number {
    return this.link.generation === this.#proven ? this.#proven : 0;
  }

  /** Commands that were not sent, for whatever reason. */
  get dropped(): number {
    return this.#dropped;
  }

  /** What the robot's clock shows at a monotonic time, ns; undefined before the first state. */
  robotTimeNs(nowNs: number): number | undefined {
    return this.#states.robotTimeNs(nowNs);
  }

  read(): RosArmState | undefined {
    return this.#states.newest;
  }

  readHealth(): ArmHealth | undefined {
    const mode = this.safety.mode(this.#options.clock.nowNs());
    return mode === undefined ? undefined : { mode };
  }

  /** Calls the listener whenever state, health or link are other ones; returns the function that ends it. */
  listen(listener: () => void): () => void {
    this.#stateListeners.add(listener);
    return () => this.#stateListeners.delete(listener);
  }

  setTorque(isOn: boolean): void {
    if (this.#isHalted || isOn === this.#isFollowing) return;
    if (isOn) {
      this.#sender.begin();
      this.#gripper?.begin();
    } else this.#stop();
    this.#isFollowing = isOn;
  }

  command(command: JointCommand): void {
    const { clock } = this.#options;
    const isOld = clock.nowNs() - command.stampNs > COMMAND_AGE_MS * NS_PER_MS;
    const isObeyed = this.generation > 0 && this.#isFollowing && !this.#isHalted && !this.#isStoppedByRobot;
    if (isOld || !isObeyed || !this.#sender.send(command, this.read())) {
      this.#dropped += 1;
      return;
    }
    this.#gripper?.send(command);
  }

  /** The dead-man: the arm stops and holds, whatever was or will be commanded. */
  halt(): void {
    if (this.#isHalted) return;
    this.#isHalted = true;
    this.#stop();
  }

  close(): void {
    clearTimeout(this.#probe);
    clearInterval(this.#watch);
    this.link.close();
  }

  get #isStoppedByRobot(): boolean {
    const mode = this.readHealth()?.mode;
    return mode === 'stopped' || mode === 'emergency-stop';
  }

  #subscribe(): void {
    const { jointStates, gripper } = this.spec;
    const type = TYPES.jointState;
    const receive = (topic: string, take: (message: JointStateMessage, arrivedNs: number) => void): void => {
      this.link.subscribe({ topic, type }, (message, arrivedNs) => {
        try {
          take(parseMessage(SCHEMAS.jointState, message, { name: topic, type }), arrivedNs);
        } catch (error) {
          this.#tell(error);
        }
        if (this.#owesStop) this.#stop();
        this.#changed();
      });
    };
    receive(jointStates.topic, (message, arrivedNs) => this.#states.take(message, arrivedNs));
    if (gripper?.stateTopic === undefined) return;
    receive(gripper.stateTopic, (message, arrivedNs) => this.#states.takeGripper(message, arrivedNs));
  }

  #stop(): void {
    const measured = this.read();
    const isRecent =
      measured !== undefined && this.#options.clock.nowNs() - measured.arrivedNs <= HOLD_AGE_MS * NS_PER_MS;
    this.#owesStop = !isRecent || this.link.generation === 0;
    try {
      this.#sender.stop(isRecent ? measured : undefined);
    } catch (error) {
      this.#tell(error);
    }
  }

  #wasLost(): void {
    this.#owesStop ||= this.#isFollowing;
    this.#isFollowing = false;
    this.#proven = 0;
    clearTimeout(this.#probe);
    this.#changed();
  }

  /** After a restart of its master a bridge of ROS 1 subscribes again only for whoever asks again. */
  #renewSilentLink(): void {
    if (this.link.generation === 0) return;
    const heardNs = Math.max(this.read()?.arrivedNs ?? -Infinity, this.#upNs);
    const nowNs = this.#options.clock.nowNs();
    if (nowNs - heardNs > SILENT_MS * NS_PER_MS) this.link.renew();
    else if (nowNs - this.#upNs > SILENT_MS * NS_PER_MS) this.safety.renewSilent();
  }

  /** First the arm is told to stop; then it is looked at, until it is whole. */
  #cameBack(): void {
    this.#upNs = this.#options.clock.nowNs();
    if (this.#owesStop) this.#sender.stop(undefined);
    this.#proveAgain();
  }

  #proveAgain(): void {
    this.#prove().catch((error: unknown) => {
      if (this.link.generation === 0) return;
      this.#tell(error);
      this.#probe = setTimeout(() => this.#proveAgain(), PROBE_AGAIN_MS);
    });
  }

  async #prove(): Promise<void> {
    const { generation } = this.link;
    requirePassed(await probeArm({ robot: this.#options.robot, arm: this, clock: this.#options.clock }));
    if (this.link.generation !== generation) return;
    this.#proven = generation;
    this.#changed();
  }

  #changed(): void {
    for (const listener of this.#stateListeners) listener();
  }

  #tell(error: unknown): void {
    const key = messageOf(error);
    const nowNs = this.#options.clock.nowNs();
    if (nowNs - (this.#told.get(key) ?? -Infinity) < PROBLEM_EVERY_MS * NS_PER_MS) return;
    this.#told.set(key, nowNs);
    this.#options.onProblem(error);
  }
}
