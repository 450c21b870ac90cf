/** A message's fields and their types in the notation of .msg files: `float64[]`, `string`, `std_msgs/Header`. */
export type MessageDefinition = Readonly<Record<string, string>>;

/** Which ROS a graph speaks: 1 has `secs` and `nsecs` and two-part type names, 2 has `sec` and `nanosec` and three-part ones. */
export type RosVersion = 1 | 2;

const header = { header: 'std_msgs/Header' };

/** Fields both versions of ROS have, by two-part type name. Services and actions have one entry for each of their parts. */
const COMMON: Readonly<Record<string, MessageDefinition>> = {
  'std_msgs/Header': { stamp: 'time', frame_id: 'string' },
  'std_msgs/Bool': { data: 'bool' },
  'std_msgs/String': { data: 'string' },
  'std_msgs/Int32': { data: 'int32' },
  'std_msgs/Float64': { data: 'float64' },
  'std_msgs/MultiArrayDimension': { label: 'string', size: 'uint32', stride: 'uint32' },
  'std_msgs/MultiArrayLayout': { dim: 'std_msgs/MultiArrayDimension[]', data_offset: 'uint32' },
  'std_msgs/Float64MultiArray': { layout: 'std_msgs/MultiArrayLayout', data: 'float64[]' },
  'sensor_msgs/JointState': {
    ...header,
    name: 'string[]',
    position: 'float64[]',
    velocity: 'float64[]',
    effort: 'float64[]',
  },
  'sensor_msgs/CompressedImage': { ...header, format: 'string', data: 'uint8[]' },
  'trajectory_msgs/JointTrajectoryPoint': {
    positions: 'float64[]',
    velocities: 'float64[]',
    accelerations: 'float64[]',
    effort: 'float64[]',
    time_from_start: 'duration',
  },
  'trajectory_msgs/JointTrajectory': {
    ...header,
    joint_names: 'string[]',
    points: 'trajectory_msgs/JointTrajectoryPoint[]',
  },
  'diagnostic_msgs/KeyValue': { key: 'string', value: 'string' },
  'diagnostic_msgs/DiagnosticStatus': {
    level: 'byte',
    name: 'string',
    message: 'string',
    hardware_id: 'string',
    values: 'diagnostic_msgs/KeyValue[]',
  },
  'diagnostic_msgs/DiagnosticArray': { ...header, status: 'diagnostic_msgs/DiagnosticStatus[]' },
  'control_msgs/JointTolerance': { name: 'string', position: 'float64', velocity: 'float64', acceleration: 'float64' },
  'control_msgs/JointJog': {
    ...header,
    joint_names: 'string[]',
    displacements: 'float64[]',
    velocities: 'float64[]',
    duration: 'float64',
  },
  'control_msgs/FollowJointTrajectoryGoal': {
    trajectory: 'trajectory_msgs/JointTrajectory',
    path_tolerance: 'control_msgs/JointTolerance[]',
    goal_tolerance: 'control_msgs/JointTolerance[]',
    goal_time_tolerance: 'duration',
  },
  'control_msgs/FollowJointTrajectoryResult': { error_code: 'int32', error_string: 'string' },
  'control_msgs/FollowJointTrajectoryFeedback': {
    ...header,
    joint_names: 'string[]',
    desired: 'trajectory_msgs/JointTrajectoryPoint',
    actual: 'trajectory_msgs/JointTrajectoryPoint',
    error: 'trajectory_msgs/JointTrajectoryPoint',
  },
  'control_msgs/GripperCommand': { position: 'float64', max_effort: 'float64' },
  'control_msgs/GripperCommandGoal': { command: 'control_msgs/GripperCommand' },
  'control_msgs/GripperCommandResult': {
    position: 'float64',
    effort: 'float64',
    stalled: 'bool',
    reached_goal: 'bool',
  },
  'control_msgs/GripperCommandFeedback': {
    position: 'float64',
    effort: 'float64',
    stalled: 'bool',
    reached_goal: 'bool',
  },
  'control_msgs/ParallelGripperCommandGoal': { command: 'sensor_msgs/JointState' },
  'control_msgs/ParallelGripperCommandResult': {
    state: 'sensor_msgs/JointState',
    stalled: 'bool',
    reached_goal: 'bool',
  },
  'control_msgs/ParallelGripperCommandFeedback': { state: 'sensor_msgs/JointState' },
  'actionlib_msgs/GoalID': { stamp: 'time', id: 'string' },
  'actionlib_msgs/GoalStatus': { goal_id: 'actionlib_msgs/GoalID', status: 'uint8', text: 'string' },
  'actionlib_msgs/GoalStatusArray': { ...header, status_list: 'actionlib_msgs/GoalStatus[]' },
  'std_srvs/TriggerRequest': {},
  'std_srvs/TriggerResponse': { success: 'bool', message: 'string' },
  'diagnostic_msgs/AddDiagnosticsRequest': { load_namespace: 'string' },
  'diagnostic_msgs/AddDiagnosticsResponse': { success: 'bool', message: 'string' },
  'std_srvs/SetBoolRequest': { data: 'bool' },
  'std_srvs/SetBoolResponse': { success: 'bool', message: 'string' },
  'ur_dashboard_msgs/SafetyMode': { mode: 'uint8' },
  'ur_dashboard_msgs/RobotMode': { mode: 'int8' },
  'franka_msgs/FrankaState': { ...header, robot_mode: 'uint8' },
  'franka_msgs/FrankaRobotState': { ...header, robot_mode: 'uint8' },
  'franka_msgs/ErrorRecoveryGoal': {},
  'franka_msgs/ErrorRecoveryResult': {},
  'franka_msgs/ErrorRecoveryFeedback': {},
  'controller_manager_msgs/ListControllersRequest': {},
  'controller_manager_msgs/ListControllersResponse': { controller: 'controller_manager_msgs/ControllerState[]' },
  'controller_manager_msgs/ControllerState': { name: 'string', state: 'string', type: 'string' },
  'controller_manager_msgs/SwitchControllerRequest': {
    start_controllers: 'string[]',
    stop_controllers: 'string[]',
    strictness: 'int32',
    start_asap: 'bool',
  },
  'controller_manager_msgs/SwitchControllerResponse': { ok: 'bool' },
  'rosapi/TopicsRequest': {},
  'rosapi/TopicsResponse': { topics: 'string[]', types: 'string[]' },
  'rosapi/ServicesRequest': {},
  'rosapi/ServicesResponse': { services: 'string[]' },
  'rosapi/SubscribersRequest': { topic: 'string' },
  'rosapi/SubscribersResponse': { subscribers: 'string[]' },
  'rosapi/TopicTypeRequest': { topic: 'string' },
  'rosapi/TopicTypeResponse': { type: 'string' },
};

/** What one version has beside the common fields. */
const ONLY: Readonly<Record<RosVersion, Readonly<Record<string, MessageDefinition>>>> = {
  1: {
    'std_msgs/Header': { seq: 'uint32' },
    'controller_manager_msgs/SwitchControllerRequest': { timeout: 'float64' },
  },
  2: {
    'control_msgs/FollowJointTrajectoryGoal': {
      component_path_tolerance: 'control_msgs/JointComponentTolerance[]',
      component_goal_tolerance: 'control_msgs/JointComponentTolerance[]',
    },
    'control_msgs/JointComponentTolerance': {
      joint_name: 'string',
      component: 'uint16',
      position: 'float64',
      velocity: 'float64',
      acceleration: 'float64',
    },
    'controller_manager_msgs/ControllerState': {
      claimed_interfaces: 'string[]',
      required_command_interfaces: 'string[]',
    },
    'controller_manager_msgs/SwitchControllerRequest': {
      activate_controllers: 'string[]',
      deactivate_controllers: 'string[]',
      activate_asap: 'bool',
      timeout: 'duration',
    },
  },
};

/** The parts that actionlib of ROS 1 puts around goal, feedback and result, which the inner type is the last field of. */
const ACTIONLIB: Readonly<Record<string, (inner: string) => MessageDefinition>> = {
  ActionGoal: (inner) => ({ ...header, goal_id: 'actionlib_msgs/GoalID', goal: inner }),
  ActionResult: (inner) => ({ ...header, status: 'actionlib_msgs/GoalStatus', result: inner }),
  ActionFeedback: (inner) => ({ ...header, status: 'actionlib_msgs/GoalStatus', feedback: inner }),
};

/** The fields of a type, two-part name; undefined for one that the emulation does not know. */
export function messageDefinition(version: RosVersion, type: string): MessageDefinition | undefined {
  const own = { ...COMMON[type], ...ONLY[version][type] };
  if (type in COMMON || type in ONLY[version]) return own;
  if (version === 2) return undefined;
  const [, action, part] = /^(.+)(Action(?:Goal|Result|Feedback))$/.exec(type) ?? [];
  if (action === undefined || part === undefined) return undefined;
  const inner = `${action}${part.slice('Action'.length)}`;
  return inner in COMMON ? ACTIONLIB[part]?.(inner) : undefined;
}

const KINDS = { message: 'msg', service: 'srv', action: 'action' } as const;

/** How a version of ROS writes a two-part type name: `std_msgs/Bool`, or `std_msgs/msg/Bool`. */
export function typeName(version: RosVersion, type: string, kind: keyof typeof KINDS = 'message'): string {
  return version === 1 ? type : type.replace('/', `/${KINDS[kind]}/`);
}

/** The two-part name of a type as it stands on the wire; undefined where that version would refuse it. */
export function canonicalType(version: RosVersion, type: string): string | undefined {
  const parts = type.split('/');
  if (parts.length === 2) return type;
  return version === 2 && parts.length === 3 ? `${parts[0]}/${parts[2]}` : undefined;
}
