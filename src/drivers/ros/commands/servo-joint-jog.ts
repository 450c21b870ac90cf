import type { ArmState } from '../../../core/observation.ts';
import type { RosCommandSpec } from '../../../robot/ros-spec.ts';
import { toRosNumbers, toRosTime } from '../messages.ts';
import { TYPES } from '../message-types.ts';
import type { RosType } from '../message-types.ts';
import { commandedJoints, velocityBetween } from './command-sender.ts';
import type { CommandSender, CommandedJoint, JointCommand, SenderOptions } from './command-sender.ts';

/** Of moveit_msgs/ServoCommandType. */
const JOINT_JOG = 0;

/**
 * Velocities to MoveIt Servo: those of the commands, and more or less where the arm lags behind or is ahead. Servo halts
 * by itself 0.1 s after the last of them.
 */
export class ServoJointJogSender implements CommandSender {
  readonly #options: SenderOptions;
  readonly #spec: Extract<RosCommandSpec, { kind: 'servo-joint-jog' }>;
  readonly #joints: readonly CommandedJoint[];
  #last: JointCommand | undefined;

  constructor(options: SenderOptions, spec: Extract<RosCommandSpec, { kind: 'servo-joint-jog' }>) {
    this.#options = options;
    this.#spec = spec;
    this.#joints = commandedJoints(options);
    options.link.advertise(spec.topic, TYPES.jointJog);
  }

  send(command: JointCommand, measured: ArmState | undefined): boolean {
    if (measured === undefined) return false;
    const { gainPerS, topic } = this.#spec;
    const velocities = this.#joints.map(({ index, limits }) => {
      const errorRad = (command.positionsRad[index] as number) - (measured.positionsRad[index] as number);
      const velocity = velocityBetween(this.#last, command, index) + gainPerS * errorRad;
      return Math.min(Math.max(velocity, -limits.velocityRadPerS), limits.velocityRadPerS);
    });
    const message = this.#message(velocities);
    const isSent = message !== undefined && this.#options.link.publishCommand(topic, message);
    this.#last = isSent ? command : undefined;
    return isSent;
  }

  stop(): void {
    const still = this.#message(this.#joints.map(() => 0));
    if (still !== undefined) this.#options.link.publish(this.#spec.topic, still);
    this.#pause(true);
    this.#last = undefined;
  }

  begin(): void {
    this.#last = undefined;
    const { switchService } = this.#spec;
    if (switchService !== undefined) this.#call(switchService, TYPES.servoCommandType, { command_type: JOINT_JOG });
    this.#pause(false);
  }

  #pause(isPaused: boolean): void {
    this.#call(this.#spec.pauseService, TYPES.setBool, { data: isPaused });
  }

  #call(service: string, type: RosType, request: unknown): void {
    const { link, onProblem } = this.#options;
    if (link.generation === 0) return;
    link.call(service, type, request).catch((error: unknown) => onProblem(error));
  }

  /** Undefined while the robot's time is not known: Servo takes only what is fresh by its own clock. */
  #message(velocities: readonly number[]): unknown {
    const { link, robotTimeNs } = this.#options;
    const nowNs = robotTimeNs();
    if (nowNs === undefined) return undefined;
    return {
      header: { stamp: toRosTime(link.rosVersion, nowNs), frame_id: this.#spec.frame },
      joint_names: this.#joints.map(({ rosName }) => rosName),
      displacements: [],
      velocities: toRosNumbers(velocities, this.#spec.topic),
      duration: 0,
    };
  }
}
