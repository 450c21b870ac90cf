import type { RobotSpec } from '../../robot/robot-spec.ts';
import type { Kinematics, Vector3 } from '../kinematics.ts';
import { CartesianJog } from './cartesian-jog.ts';
import type { Twist } from './cartesian-jog.ts';
import { teleopLimits, withinLimits } from '../teleop-limits.ts';
import type { TeleopLimits } from '../teleop-limits.ts';
import { isUsable, jogSpeed } from './jog-input.ts';
import type { JogAxes, JogInput, JogSpeed } from './jog-input.ts';
import { noLongerThan, rotate, scaled } from './rotation.ts';

/** A gripper so near to the axis of the base faces nowhere. */
const LEAST_DISTANCE_M = 0.03;
/** Of the velocity limits of joints and gripper frame, jogging uses this much at most. */
const VELOCITY_SHARE = 0.5;
/** How far a joint's reference may be ahead of the arm: so many control periods of the motion. */
const LEAD_PERIODS = 1.5;

/**
 * From what somebody pushes to where the joints should be at the end of the control period. It remembers only the
 * references it leads ahead of the arm; these begin anew where the arm was sent whenever the dead-man was released or the
 * mode changed, so that no motion begins with a jump. Same inputs, same targets.
 */
export class Jog {
  readonly #gripper: number;
  readonly #limits: TeleopLimits;
  readonly #cartesian: CartesianJog | undefined;
  /** Where single joints are led, rad; undefined for those that are not. */
  readonly #references: (number | undefined)[];
  /** What the references belong to. */
  #held = '';

  /** @param kinematics undefined: only joints can be jogged. */
  constructor(robot: RobotSpec, kinematics: Kinematics | undefined) {
    this.#gripper = robot.joints.findIndex(({ name }) => name === robot.gripper);
    this.#limits = teleopLimits(robot, VELOCITY_SHARE);
    this.#cartesian = kinematics && new CartesianJog(robot, kinematics, this.#limits);
    this.#references = robot.joints.map(() => undefined);
  }

  /** Forgets the references. */
  reset(): void {
    this.#cartesian?.reset();
    this.#references.fill(undefined);
    this.#held = '';
  }

  /**
   * Where to be one control period from now, rad, shape (J). Undefined, so that the gate brakes and holds, while the
   * dead-man is not held, for axes that are no numbers in [-1, 1], in space without kinematics, and while it is not known
   * where the arm was sent.
   * @param commandRad the last command sent, shape (J)
   */
  step(input: JogInput, commandRad: Float64Array): Float64Array | undefined {
    const isKnown = commandRad.length === this.#references.length && commandRad.every(Number.isFinite);
    const isPossible = input.mode === 'joint' || this.#cartesian !== undefined;
    if (!input.isDeadManHeld || !isUsable(input) || !isKnown || !isPossible) {
      this.reset();
      return undefined;
    }
    const held = input.mode === 'joint' ? `joint ${input.joint}` : input.mode;
    if (held !== this.#held) this.reset();
    this.#held = held;
    const { axes } = input;
    const speed = jogSpeed(input.speed);
    const target = this.#stepInSpace(input, speed, commandRad);
    if (input.mode === 'joint')
      this.#lead(input.joint, axes.joint * this.#speedOf(input.joint, speed), commandRad, target);
    if (input.mode !== 'joint' || input.joint !== this.#gripper) {
      this.#lead(this.#gripper, axes.gripper * this.#speedOf(this.#gripper, speed), commandRad, target);
    }
    return target;
  }

  #stepInSpace({ axes, mode }: JogInput, speed: JogSpeed, commandRad: Float64Array): Float64Array {
    if (this.#cartesian === undefined || mode === 'joint') return commandRad.slice();
    const view = this.#cartesian.view(commandRad);
    const { linear, angular } = twistOf(axes, speed, this.#limits);
    const twist =
      mode === 'tool'
        ? { linear: rotate(view.rotation, linear), angular: rotate(view.rotation, angular) }
        : { linear, angular: rotate(facing(view.positionM), angular) };
    return this.#cartesian.step(twist, commandRad, view);
  }

  #speedOf(joint: number, { jointRadPerS, gripperRadPerS }: JogSpeed): number {
    const speed = joint === this.#gripper ? gripperRadPerS : jointRadPerS;
    return Math.min(speed, this.#limits.velocityRadPerS[joint] ?? 0);
  }

  /** Leads one joint on at a velocity in rad/s; without one it stays where the arm was sent when it was let go. */
  #lead(joint: number, velocityRadPerS: number, commandRad: Float64Array, target: Float64Array): void {
    const command = commandRad[joint];
    if (command === undefined) return;
    const stepRad = velocityRadPerS * this.#limits.periodS;
    const leadRad = LEAD_PERIODS * Math.abs(stepRad);
    const from = this.#references[joint] ?? command;
    const led = Math.min(command + leadRad, Math.max(command - leadRad, from + stepRad));
    const reference = withinLimits(led, command, joint, this.#limits);
    this.#references[joint] = velocityRadPerS === 0 ? undefined : reference;
    target[joint] = velocityRadPerS === 0 ? command : reference;
  }
}

/**
 * Turns of the base mode are about axes that face from the base towards the gripper, so that pitch tilts the fingers wherever
 * the arm has turned to: an arm of five joints has no other tilt.
 */
function facing([x, y]: Vector3): number[] {
  const distanceM = Math.hypot(x, y);
  const [cosine, sine] = distanceM < LEAST_DISTANCE_M ? [1, 0] : [x / distanceM, y / distanceM];
  return [cosine, -sine, 0, sine, cosine, 0, 0, 0, 1];
}

/** In the frame that is jogged in. Two axes pushed together are no faster than one. */
function twistOf({ x, y, z, roll, pitch, yaw }: JogAxes, speed: JogSpeed, limits: TeleopLimits): Twist {
  const along = (axes: Vector3, most: number): Vector3 => scaled(noLongerThan(axes, 1), most);
  return {
    linear: along([x, y, z], Math.min(speed.positionMPerS, limits.positionMPerS)),
    angular: along([roll, pitch, yaw], speed.turnRadPerS),
  };
}
