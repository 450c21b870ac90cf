import { NS_PER_MS, NS_PER_S } from '../../core/clock.ts';
import type { ArmState } from '../../core/observation.ts';
import type { RobotSpec } from '../../robot/robot-spec.ts';
import { rosJointName } from '../../robot/ros-spec.ts';
import type { RosSpec } from '../../robot/ros-spec.ts';
import { gripperUnits } from './gripper-units.ts';
import type { GripperUnits } from './gripper-units.ts';
import type { JointStateMessage } from './messages.ts';
import { StampClock } from './stamp-clock.ts';

/** A measured state with all that is known of its time. */
export interface RosArmState extends ArmState {
  /** As the robot's clock has it, ns since the epoch. */
  readonly robotStampNs: number;
  /** When it came here, monotonic ns. */
  readonly arrivedNs: number;
}

interface Sample {
  readonly position: number;
  readonly velocity: number;
  readonly effort: number;
  readonly arrivedNs: number;
}

const UNKNOWN: Sample = { position: NaN, velocity: NaN, effort: NaN, arrivedNs: -Infinity };

/**
 * Makes states of the arm of joint states of ROS: by name, whatever their order. What is missing or no number becomes
 * not a number, which the gate takes for a fault of the sensor. Messages about other joints are passed over, so that
 * several parts of a robot may share a topic.
 */
export class JointStates {
  readonly #joints: readonly { readonly name: string; readonly isGripper: boolean }[];
  readonly #spec: RosSpec;
  readonly #units: GripperUnits | undefined;
  readonly #clock = new StampClock();
  #gripper: Sample = UNKNOWN;
  #newest: RosArmState | undefined;

  constructor(robot: RobotSpec, spec: RosSpec) {
    this.#spec = spec;
    this.#units = spec.gripper === undefined ? undefined : gripperUnits(spec.gripper);
    this.#joints = robot.joints.map(({ name }) => ({
      name: rosJointName(spec, name),
      isGripper: this.#units !== undefined && name === robot.gripper,
    }));
  }

  get newest(): RosArmState | undefined {
    return this.#newest;
  }

  /** What the robot's clock shows at a monotonic time; undefined before the first state. */
  robotTimeNs(nowNs: number): number | undefined {
    return this.#clock.toRobot(nowNs);
  }

  /** Takes a message of the arm's topic. True where it was about the arm: `newest` is another one then. */
  take(message: JointStateMessage, arrivedNs: number): boolean {
    const indices = new Map(message.name.map((name, index) => [name, index]));
    const hasOwnTopic = this.#spec.gripper?.stateTopic !== undefined;
    if (!hasOwnTopic) this.takeGripper(message, arrivedNs);
    if (!this.#joints.some(({ name, isGripper }) => !isGripper && indices.has(name))) return false;
    const { stamp } = message.header;
    // Zero is how ROS says that there is none.
    const stampNs = stamp === 0 ? NaN : this.#clock.toMonotonic(stamp, arrivedNs);
    const samples = this.#joints.map(({ name, isGripper }) =>
      isGripper ? this.#gripperAt(arrivedNs) : this.#sampleOf(message, indices.get(name), arrivedNs),
    );
    const positionsRad = Float64Array.from(samples, ({ position }) => position);
    const measured = Float64Array.from(samples, ({ velocity }) => velocity);
    this.#newest = {
      positionsRad,
      velocitiesRadPerS:
        this.#spec.jointStates.velocities === 'derived' ? this.#derive(positionsRad, stampNs) : measured,
      effortsNm: Float64Array.from(samples, ({ effort }) => effort),
      stampNs,
      robotStampNs: stamp,
      arrivedNs,
    };
    return true;
  }

  /** Takes a message of the gripper's own topic. */
  takeGripper(message: JointStateMessage, arrivedNs: number): void {
    const units = this.#units;
    const name = this.#joints.find(({ isGripper }) => isGripper)?.name;
    const index = name === undefined ? -1 : message.name.indexOf(name);
    if (units === undefined || index < 0) return;
    const { position, velocity, effort } = this.#sampleOf(message, index, arrivedNs);
    const before = this.#gripper;
    const positionRad = units.toPositionRad(position);
    const elapsedS = (arrivedNs - before.arrivedNs) / NS_PER_S;
    const hasVelocity = message.velocity.length > 0;
    const derived = elapsedS > 0 && Number.isFinite(before.position) ? (positionRad - before.position) / elapsedS : 0;
    this.#gripper = {
      position: positionRad,
      velocity: hasVelocity ? velocity * units.radPerState : derived,
      effort: message.effort.length > 0 ? effort / Math.abs(units.radPerState) : 0,
      arrivedNs,
    };
  }

  #gripperAt(nowNs: number): Sample {
    const maxAgeMs = this.#spec.gripper?.stateMaxAgeMs ?? 0;
    return nowNs - this.#gripper.arrivedNs <= maxAgeMs * NS_PER_MS ? this.#gripper : UNKNOWN;
  }

  #sampleOf(message: JointStateMessage, index: number | undefined, arrivedNs: number): Sample {
    if (index === undefined) return UNKNOWN;
    return {
      position: message.position[index] ?? NaN,
      velocity: message.velocity[index] ?? NaN,
      effort: this.#spec.jointStates.efforts === 'none' ? 0 : (message.effort[index] ?? NaN),
      arrivedNs,
    };
  }

  #derive(positionsRad: Float64Array, stampNs: number): Float64Array {
    const before = this.#newest;
    const elapsedS = (stampNs - (before?.stampNs ?? NaN)) / NS_PER_S;
    if (before === undefined) return new Float64Array(positionsRad.length);
    if (!(elapsedS > 0)) return before.velocitiesRadPerS;
    return positionsRad.map((position, joint) => (position - (before.positionsRad[joint] as number)) / elapsedS);
  }
}
