import { z } from 'zod';

const positive = z.number().positive();
/** A name in the ROS graph, absolute, so that no namespace of the bridge changes it. */
const graphName = z.string().regex(/^\/[A-Za-z][\w/]*$/, 'must be an absolute ROS name such as /joint_states');
/** A controller as controller_manager lists it. */
const controllerName = z.string().min(1);
/** Names of joints of robot.yaml. */
const jointNames = z.array(z.string().min(1)).min(1);

/**
 * How the arm's joints are commanded. `controller` is what the probe before arming looks for; `joints` are the joints
 * in the order of the controller, by their names in robot.yaml. Default: all that no gripper block commands.
 */
const commandSchema = z.discriminatedUnion('kind', [
  /** std_msgs/Float64MultiArray to a forward_command_controller. The controller keeps the last value for ever. */
  z.strictObject({
    kind: z.literal('forward-position'),
    topic: graphName,
    controller: controllerName.optional(),
    joints: jointNames.optional(),
  }),
  /** trajectory_msgs/JointTrajectory to a joint_trajectory_controller: at every command a short one that replaces the last. */
  z.strictObject({
    kind: z.literal('trajectory-topic'),
    topic: graphName,
    controller: controllerName.optional(),
    joints: jointNames.optional(),
    /** When the commanded position is to be reached, after it arrives; bridges the jitter of the link. */
    horizonMs: positive.default(60),
  }),
  /** control_msgs/FollowJointTrajectory: goals of some positions each. To cancel is to stop. */
  z.strictObject({
    kind: z.literal('follow-joint-trajectory'),
    /** Name of the action. */
    action: graphName,
    controller: controllerName.optional(),
    joints: jointNames.optional(),
    /** Duration of one goal; a new one is sent when it is over half done. The arm follows with this delay. */
    chunkMs: positive.default(200),
  }),
  /** control_msgs/JointJog to MoveIt Servo, velocities in rad/s. */
  z.strictObject({
    kind: z.literal('servo-joint-jog'),
    topic: graphName,
    controller: controllerName.optional(),
    joints: jointNames.optional(),
    /** std_srvs/SetBool that pauses Servo. */
    pauseService: graphName,
    /** moveit_msgs/ServoCommandType, for a Servo that takes commands of one kind at a time: it is told to take these. */
    switchService: graphName.optional(),
    /** Velocity per distance between command and measurement, 1/s: Servo takes velocities, the gate gives positions. */
    gainPerS: positive.default(8),
    /** frame_id of the commands. */
    frame: z.string().default('base_link'),
  }),
]);

const pair = z
  .tuple([z.number(), z.number()])
  .refine(([first, second]) => first !== second, 'the two values must differ');

/**
 * A gripper that is not commanded with the arm's joints. Its joint in robot.yaml is in rad; what ROS calls its position
 * may be rad, m or a share. Two poses tie them together, linear between and beyond them.
 */
const gripperSchema = z.strictObject({
  /**
   * Actions `gripper-command` (control_msgs/GripperCommand) and `parallel-gripper-command`
   * (control_msgs/ParallelGripperCommand); topic `float64-array` (std_msgs/Float64MultiArray of one value).
   */
  kind: z.enum(['gripper-command', 'parallel-gripper-command', 'float64-array']),
  /** The action or topic. */
  name: graphName,
  controller: controllerName.optional(),
  /** Two positions of the gripper joint, rad, */
  positionsRad: pair,
  /** what ROS is sent for them, in its unit, */
  commands: pair,
  /** and what the joint states report for them. Default: as `commands`. */
  states: pair.optional(),
  /** Largest effort of an action, in its unit (N, Nm or share); 0: as the controller thinks fit. */
  maxEffort: z.number().nonnegative().default(0),
  /** Commands nearer than this to the last one sent are not sent, rad. */
  toleranceRad: positive.default(0.01),
  /** Actions are slow; no more goals than this, Hz. */
  maxRateHz: positive.default(10),
  /** sensor_msgs/JointState of the gripper where it has a topic of its own. Default: that of the arm. */
  stateTopic: graphName.optional(),
  /** A state of its own topic older than this is no measurement. */
  stateMaxAgeMs: positive.default(500),
});

/** A step of what an operator may do after the robot stopped by itself: one service call or one action. */
const recoverySchema = z.union([
  z.strictObject({
    name: z.string().regex(/^[a-z][a-z0-9-]*$/, 'must be lower-case words with hyphens'),
    /** std_srvs/Trigger. */
    service: graphName,
  }),
  z.strictObject({
    name: z.string().regex(/^[a-z][a-z0-9-]*$/, 'must be lower-case words with hyphens'),
    action: graphName,
    /** Type of the action, such as franka_msgs/action/ErrorRecovery; its goal is empty. */
    actionType: z.string().min(1),
  }),
]);

/** The robot's own safety: where it says how it is. The gate stops sending in the tick in which it hears of a stop. */
const safetySchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('none') }),
  /** Universal Robots: ur_dashboard_msgs/SafetyMode and RobotMode, std_msgs/Bool. */
  z.strictObject({
    kind: z.literal('ur'),
    safetyModeTopic: graphName.default('/io_and_status_controller/safety_mode'),
    robotModeTopic: graphName.default('/io_and_status_controller/robot_mode'),
    programRunningTopic: graphName.default('/io_and_status_controller/robot_program_running'),
  }),
  /** Franka: franka_msgs/FrankaRobotState (ROS 1: franka_msgs/FrankaState). */
  z.strictObject({
    kind: z.literal('franka'),
    robotStateTopic: graphName.default('/franka_robot_state_broadcaster/robot_state'),
  }),
]);

/** The `drivers.ros` block of robot.yaml: how a rosbridge server reaches this arm. */
export const rosSchema = z.strictObject({
  rosVersion: z.union([z.literal(1), z.literal(2)]),
  /** Of the rosbridge server; `--url` says otherwise. */
  url: z
    .string()
    .regex(/^wss?:\/\/\S+$/, 'must begin with ws:// or wss://')
    .default('ws://127.0.0.1:9090'),
  jointStates: z
    .strictObject({
      /** sensor_msgs/JointState. */
      topic: graphName.default('/joint_states'),
      /** Names of joints in ROS by their names in robot.yaml; those that are not here have the same. */
      names: z.record(z.string(), z.string().min(1)).default({}),
      /** `derived`: from positions and stamps, for arms that report no velocities. */
      velocities: z.enum(['measured', 'derived']).default('measured'),
      /** `none`: for arms that report no efforts; the gate then cannot judge them. */
      efforts: z.enum(['measured', 'none']).default('measured'),
    })
    .prefault({}),
  command: commandSchema,
  gripper: gripperSchema.optional(),
  /** Node that lists controllers; without one the probe does not ask. */
  controllerManager: graphName.optional(),
  safety: safetySchema.default({ kind: 'none' }),
  /** What `armature ros recover` does, in this order. */
  recovery: z.array(recoverySchema).default([]),
  /** sensor_msgs/CompressedImage by camera name. */
  cameras: z.record(z.string(), z.strictObject({ topic: graphName })).default({}),
  /** std_msgs/Bool: while it has this value the arm is in emergency stop. */
  emergencyStop: z.strictObject({ topic: graphName, activeWhen: z.boolean().default(true) }).optional(),
  /** Where Armature shows itself in the graph: <namespace>/status, /decision, and the services /stop, /arm, /reset. */
  namespace: graphName.default('/armature'),
});

export type RosSpec = Readonly<z.infer<typeof rosSchema>>;
export type RosCommandSpec = RosSpec['command'];
export type RosGripperSpec = NonNullable<RosSpec['gripper']>;
export type RosRecoveryStep = RosSpec['recovery'][number];

interface Named {
  readonly joints: readonly { readonly name: string }[];
  readonly gripper: string;
  readonly cameras: readonly { readonly name: string }[];
}

/** What the `ros` block says against the rest of a description; empty when nothing is. */
export function rosProblems(robot: Named, ros: RosSpec): string[] {
  const joints = robot.joints.map(({ name }) => name);
  const problems: string[] = [];
  const expectKnown = (where: string, names: readonly string[], known: readonly string[]): void => {
    for (const name of names.filter((candidate) => !known.includes(candidate))) {
      problems.push(`drivers.ros.${where} names "${name}", which robot.yaml does not have`);
    }
  };
  expectKnown('jointStates.names', Object.keys(ros.jointStates.names), joints);
  expectKnown(
    'cameras',
    Object.keys(ros.cameras),
    robot.cameras.map(({ name }) => name),
  );
  const rosNames = joints.map((name) => rosJointName(ros, name));
  if (new Set(rosNames).size < rosNames.length)
    problems.push('drivers.ros.jointStates.names gives two joints one name');
  const commanded = joints.filter((name) => ros.gripper === undefined || name !== robot.gripper);
  const { joints: order = commanded } = ros.command;
  expectKnown('command.joints', order, joints);
  if (order.toSorted().join() !== commanded.toSorted().join()) {
    problems.push(`drivers.ros.command.joints must be these, each once: ${commanded.join(', ')}`);
  }
  return problems;
}

/** What ROS calls a joint of robot.yaml. */
export function rosJointName({ jointStates }: RosSpec, joint: string): string {
  return jointStates.names[joint] ?? joint;
}
