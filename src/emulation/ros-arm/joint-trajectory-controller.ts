import { NS_PER_S } from '../../core/clock.ts';
import { MessageRefused, rosTime, timeNs } from '../rosbridge/message-codec.ts';
import type { RosMessage, RosTime } from '../rosbridge/message-codec.ts';
import type { GoalHandle, RosActionServer, RosGraph } from '../rosbridge/ros-graph.ts';
import type { Controller, ControllerInput } from './controller.ts';
import { readTrajectory, sampleTrajectory } from './trajectory.ts';
import type { Trajectory, TrajectoryPoint } from './trajectory.ts';

export interface JointTrajectoryOptions {
  readonly graph: RosGraph;
  readonly name: string;
  readonly topic: string;
  readonly action: string;
  readonly joints: readonly number[];
  /** Names in ROS, order of `joints`. */
  readonly jointNames: readonly string[];
  /** Default false, as the controller has it. */
  readonly allowsVelocityAtEnd?: boolean;
}

/** control_msgs/FollowJointTrajectory. */
const RESULT = { successful: 0, invalidGoal: -1, pathToleranceViolated: -4, goalToleranceViolated: -5 } as const;
const FEEDBACK_PERIOD_NS = NS_PER_S / 20;
/** How far from its end a goal without tolerances of its own may have brought a joint, rad. */
const GOAL_TOLERANCE_RAD = 0.05;
/** How long after the end of the trajectory it may take to get there. */
const GOAL_TIME_NS = NS_PER_S;

interface Execution {
  readonly trajectory: Trajectory;
  /** ROS time of its start. */
  readonly startNs: number;
  readonly before: TrajectoryPoint;
  readonly goal: ActiveGoal | undefined;
}

interface ActiveGoal {
  readonly handle: GoalHandle;
  readonly toleranceRad: number;
  readonly timeToleranceNs: number;
}

/**
 * joint_trajectory_controller: trajectories from a topic or as goals of an action, each replacing the one before, begun
 * where the joints are measured. Cancelling a goal and an empty trajectory hold the joints where they are.
 */
export class JointTrajectoryController implements Controller {
  readonly name: string;
  readonly type = 'joint_trajectory_controller/JointTrajectoryController';
  readonly joints: readonly number[];
  readonly action: RosActionServer;
  readonly #options: JointTrajectoryOptions;
  #isActive = false;
  #input: ControllerInput | undefined;
  #execution: Execution | undefined;
  #hold: readonly number[] | undefined;
  #nextFeedbackNs = 0;

  constructor(options: JointTrajectoryOptions) {
    [this.#options, this.name, this.joints] = [options, options.name, options.joints];
    options.graph.subscribe(options.topic, 'trajectory_msgs/JointTrajectory', (message) =>
      this.#take(message, undefined),
    );
    this.action = {
      type: 'control_msgs/FollowJointTrajectory',
      accept: (goal, handle) => this.#acceptGoal(goal, handle),
      cancel: (handle) => {
        if (this.#execution?.goal?.handle.id !== handle.id) return;
        this.#holdHere();
        handle.cancelled(result(RESULT.successful, 'cancelled'));
      },
    };
  }

  activate(input: ControllerInput): void {
    [this.#isActive, this.#input, this.#hold, this.#execution] = [true, input, input.positionsRad, undefined];
  }

  deactivate(): void {
    this.#isActive = false;
    const goal = this.#execution?.goal;
    this.#execution = undefined;
    goal?.handle.abort(result(RESULT.invalidGoal, 'the controller was deactivated'));
  }

  update(input: ControllerInput): readonly number[] | undefined {
    this.#input = input;
    const execution = this.#execution;
    if (execution === undefined) return this.#hold;
    const atNs = input.rosNs - execution.startNs;
    if (atNs < 0) return this.#hold;
    const positions = sampleTrajectory(execution.trajectory, execution.before, atNs);
    this.#hold = positions;
    if (execution.goal !== undefined) this.#watch(execution, execution.goal, { positions, atNs });
    return positions;
  }

  #acceptGoal(goal: RosMessage, handle: GoalHandle): void {
    if (!this.#isActive) throw new MessageRefused(`Controller ${this.name} is not in ACTIVE state: goal rejected`);
    const trajectory = goal['trajectory'] as RosMessage;
    if ((trajectory['points'] as unknown[]).length === 0) throw new MessageRefused('Empty trajectory received.');
    const tolerances = (goal['goal_tolerance'] as RosMessage[]).map(({ position }) => position as number);
    const given = tolerances.filter((tolerance) => tolerance > 0);
    const timeToleranceNs = timeNs(goal['goal_time_tolerance'] as RosTime) || GOAL_TIME_NS;
    const toleranceRad = given.length === 0 ? GOAL_TOLERANCE_RAD : Math.min(...given);
    this.#take(trajectory, { handle, toleranceRad, timeToleranceNs });
  }

  /** Throws MessageRefused for a goal that does not fit; for the topic that is a line in the log, which the server writes. */
  #take(message: RosMessage, goal: ActiveGoal | undefined): void {
    const input = this.#input;
    if (!this.#isActive || input === undefined) return;
    const { jointNames, allowsVelocityAtEnd = false } = this.#options;
    const trajectory = readTrajectory(message, { joints: jointNames, allowsVelocityAtEnd }, input.rosNs);
    const replaced = this.#execution?.goal;
    if (trajectory.points.length === 0) this.#holdHere();
    else {
      const startNs = trajectory.startNs > 0 ? trajectory.startNs : input.rosNs;
      this.#execution = { trajectory, startNs, before: pointNow(input, startNs), goal };
    }
    replaced?.handle.abort(result(RESULT.invalidGoal, 'a newer trajectory took its place'));
  }

  #holdHere(): void {
    this.#execution = undefined;
    this.#hold = this.#input?.positionsRad;
  }

  #watch(
    execution: Execution,
    goal: ActiveGoal,
    { positions, atNs }: { positions: readonly number[]; atNs: number },
  ): void {
    const input = this.#input as ControllerInput;
    const actual = input.positionsRad;
    if (input.nowNs >= this.#nextFeedbackNs) {
      this.#nextFeedbackNs = input.nowNs + FEEDBACK_PERIOD_NS;
      goal.handle.feedback({
        header: { stamp: rosTime(input.rosNs) },
        joint_names: this.#options.jointNames,
        desired: { positions, time_from_start: rosTime(atNs) },
        actual: { positions: actual, velocities: input.velocitiesRadPerS },
        error: { positions: positions.map((position, joint) => position - (actual[joint] ?? 0)) },
      });
    }
    const endNs = execution.trajectory.points.at(-1)?.timeNs ?? 0;
    if (atNs < endNs) return;
    const isThere = positions.every(
      (position, joint) => Math.abs(position - (actual[joint] ?? 0)) <= goal.toleranceRad,
    );
    if (isThere) {
      this.#execution = undefined;
      goal.handle.succeed(result(RESULT.successful, 'Goal successfully reached!'));
    } else if (atNs > endNs + goal.timeToleranceNs) {
      this.#holdHere();
      goal.handle.abort(result(RESULT.goalToleranceViolated, 'Aborted due to goal_time_tolerance exceeding'));
    }
  }
}

/** The state a trajectory begins from: before its start by nothing, so that its first knot is reached in time. */
function pointNow({ positionsRad, velocitiesRadPerS, rosNs }: ControllerInput, startNs: number): TrajectoryPoint {
  const at = Math.min(0, rosNs - startNs);
  return { timeNs: at, positions: positionsRad, velocities: velocitiesRadPerS, accelerations: undefined };
}

function result(code: number, text: string): RosMessage {
  return { error_code: code, error_string: text };
}
