import type { RobotSpec } from '../../robot/robot-spec.ts';
import type { GripperView, Kinematics, Vector3 } from '../kinematics.ts';
import { withinLimits } from '../teleop-limits.ts';
import type { TeleopLimits } from '../teleop-limits.ts';
import { conditionNumber, positionStep, resolveMotion, rotationStep } from './resolve-motion.ts';
import type { Displacement } from './resolve-motion.ts';
import { minus, noLongerThan, plus, scaled, turnBetween, turned } from './rotation.ts';
import type { Rotation } from './rotation.ts';

/** How fast the gripper frame is to move, base frame. */
export interface Twist {
  /** m/s. */
  readonly linear: Vector3;
  /** rad/s. */
  readonly angular: Vector3;
}

/** Where the gripper frame is led. */
interface Reference {
  readonly positionM: Vector3;
  readonly rotation: Rotation;
}

/**
 * From the first condition number on, a motion towards a singular pose is slowed down; at the second it ends. Away from one
 * it is free. MoveIt Servo works with 17 and 30; the SO-101 is below 6 over the table and has 10 near the edge of its reach.
 */
export const SINGULARITY = { slowFrom: 12, haltAt: 30 } as const;
/** A pose is nearer to a singular one where the condition number has grown by more than this share. */
const APPROACH_SHARE = 1e-3;
/** How far the reference may be ahead of the arm: so many control periods of the motion, and so much more. */
const LEAD_PERIODS = 1.5;
const LEAD_M = 0.001;
const LEAD_RAD = 0.05;
/** A motion that the arm can only make in another direction, off by more than half of it, is not made. */
const MOST_ASIDE = 0.6;
/** The same of turns, which an arm of five joints seldom makes exactly. */
const MOST_TURN_ASIDE = 1;
/** Below this a step has no direction worth judging. */
const LEAST_M = 5e-5;
const LEAST_RAD = 5e-4;

/**
 * Moves the gripper frame along straight lines and about its own point. It leads a reference pose ahead of the arm, so
 * that lags and rounding do not add up, and takes the joints after it, all by one factor. Near a singular pose, at the
 * ends of the joints and at the edge of reach the motion becomes slower and ends, in the direction it has.
 */
export class CartesianJog {
  readonly #kinematics: Kinematics;
  readonly #limits: TeleopLimits;
  /** Every joint but the gripper, as indices into joint order. */
  readonly #arm: readonly number[];
  #reference: Reference | undefined;

  constructor(robot: RobotSpec, kinematics: Kinematics, limits: TeleopLimits) {
    this.#kinematics = kinematics;
    this.#limits = limits;
    this.#arm = robot.joints.flatMap((joint, index) => (joint.name === robot.gripper ? [] : [index]));
  }

  /** The next step starts from where the arm is sent then. */
  reset(): void {
    this.#reference = undefined;
  }

  /** The gripper frame where the arm was sent last. */
  view(commandRad: Float64Array): GripperView {
    return this.#kinematics.look(commandRad);
  }

  /**
   * Joint positions, rad, shape (J), one control period further; the gripper's joint stays.
   * @param commandRad the last command sent, finite, shape (J)
   */
  step(twist: Twist, commandRad: Float64Array, view: GripperView): Float64Array {
    const before = this.#reference ?? { positionM: view.positionM, rotation: view.rotation };
    const wish = this.#lead(before, twist, view);
    const target = this.#follow(wish, commandRad, view);
    const isMeant = isAsMeant(wish, this.#displacement(view, commandRad, target), twist);
    const share = isMeant ? this.#singularityShare(view, commandRad, target) : 0;
    if (share > 0) return commandRad.map((from, joint) => from + share * ((target[joint] ?? from) - from));
    // What was not asked for stays where it was before.
    this.#reference = {
      positionM: isMoving(twist.linear) ? view.positionM : before.positionM,
      rotation: isMoving(twist.angular) ? view.rotation : before.rotation,
    };
    return commandRad.slice();
  }

  /** Moves the reference on, and says how far it is from the arm. */
  #lead(from: Reference, { linear, angular }: Twist, { positionM, rotation }: GripperView): Displacement {
    const { periodS } = this.#limits;
    const ahead = minus(plus(from.positionM, scaled(linear, periodS)), positionM);
    const turn = turnBetween(rotation, turned(from.rotation, scaled(angular, periodS)));
    // A point that is turned about stays what it is.
    const positionLead = isMoving(linear)
      ? noLongerThan(ahead, LEAD_PERIODS * periodS * Math.hypot(...linear) + LEAD_M)
      : ahead;
    const rotationLead = noLongerThan(turn, LEAD_PERIODS * periodS * Math.hypot(...angular) + LEAD_RAD);
    this.#reference = { positionM: plus(positionM, positionLead), rotation: turned(rotation, rotationLead) };
    return { positionM: positionLead, rotationRad: rotationLead };
  }

  /** Joint targets towards the reference. A joint at its end that would leave it is held, and the others solve on. */
  #follow(wish: Displacement, commandRad: Float64Array, view: GripperView): Float64Array {
    const held = new Set<number>();
    for (;;) {
      const columns = this.#arm.map((joint) => (held.has(joint) ? -1 : joint));
      const jacobian = view.jacobian.map((row) => columns.map((joint) => (joint < 0 ? 0 : (row[joint] ?? 0))));
      const steps = this.#slowedDown(resolveMotion(jacobian, wish));
      const blocked = this.#arm.filter((joint, column) => {
        const command = commandRad[joint] ?? 0;
        const target = command + (steps[column] ?? 0);
        return !held.has(joint) && target !== command && withinLimits(target, command, joint, this.#limits) !== target;
      });
      if (blocked.length === 0) {
        const target = commandRad.slice();
        this.#arm.forEach((joint, column) => (target[joint] = (target[joint] ?? 0) + (steps[column] ?? 0)));
        return target;
      }
      for (const joint of blocked) held.add(joint);
    }
  }

  /** All joints by one factor, so that none is faster than it may be. */
  #slowedDown(steps: readonly number[]): number[] {
    const { velocityRadPerS, periodS } = this.#limits;
    const share = this.#arm.reduce((least, joint, column) => {
      const size = Math.abs(steps[column] ?? 0);
      return size === 0 ? least : Math.min(least, ((velocityRadPerS[joint] ?? 0) * periodS) / size);
    }, 1);
    return steps.map((step) => share * step);
  }

  #displacement(view: GripperView, commandRad: Float64Array, target: Float64Array): Displacement {
    const steps = Array.from(commandRad, (from, joint) => (target[joint] ?? from) - from);
    return { positionM: positionStep(view.jacobian, steps), rotationRad: rotationStep(view.jacobian, steps) };
  }

  /** How much of the step may be taken, in [0, 1]. */
  #singularityShare(view: GripperView, commandRad: Float64Array, target: Float64Array): number {
    if (target.every((value, joint) => value === commandRad[joint])) return 1;
    const before = this.#condition(view);
    const after = this.#condition(this.#kinematics.look(target));
    if (after <= before * (1 + APPROACH_SHARE)) return 1;
    const { slowFrom, haltAt } = SINGULARITY;
    return Math.min(1, Math.max(0, (haltAt - after) / (haltAt - slowFrom)));
  }

  #condition({ jacobian }: GripperView): number {
    return conditionNumber(jacobian.map((row) => this.#arm.map((joint) => row[joint] ?? 0)));
  }
}

/** Whether what the arm would do is what was asked for. */
function isAsMeant(wish: Displacement, made: Displacement, { linear, angular }: Twist): boolean {
  if (isMoving(linear)) return !isAside(wish.positionM, made.positionM, LEAST_M, MOST_ASIDE);
  if (!isMoving(angular)) return true;
  const leftM = Math.hypot(...minus(wish.positionM, made.positionM));
  const staysThere = leftM <= LEAD_M || leftM < Math.hypot(...wish.positionM);
  return staysThere && !isAside(wish.rotationRad, made.rotationRad, LEAST_RAD, MOST_TURN_ASIDE);
}

function isMoving(velocity: Vector3): boolean {
  return Math.hypot(...velocity) > 0;
}

function isAside(wish: Vector3, made: Vector3, least: number, most: number): boolean {
  const length = Math.hypot(...wish);
  if (length < least) return false;
  const along = wish.reduce((sum, value, axis) => sum + value * (made[axis] ?? 0), 0) / length;
  return along <= 0 || Math.hypot(...minus(made, scaled(wish, along / length))) > most * along;
}
