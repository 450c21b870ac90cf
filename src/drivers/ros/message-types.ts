export type RosVersion = 1 | 2;

/** A type by its name in ROS 2. ROS 1 has the same without the middle. */
export type RosType = `${string}/${'msg' | 'srv' | 'action'}/${string}`;

/** The name a bridge of this version takes; each refuses that of the other, in its own log only. */
export function toMessageType(version: RosVersion, type: RosType): string {
  return version === 2 ? type : type.replace(/\/(msg|srv|action)\//, '/');
}

/** Types of both versions that Armature speaks. */
export const TYPES = {
  jointState: 'sensor_msgs/msg/JointState',
  compressedImage: 'sensor_msgs/msg/CompressedImage',
  jointTrajectory: 'trajectory_msgs/msg/JointTrajectory',
  float64Array: 'std_msgs/msg/Float64MultiArray',
  string: 'std_msgs/msg/String',
  bool: 'std_msgs/msg/Bool',
  jointJog: 'control_msgs/msg/JointJog',
  diagnosticArray: 'diagnostic_msgs/msg/DiagnosticArray',
  goalId: 'actionlib_msgs/msg/GoalID',
  followJointTrajectory: 'control_msgs/action/FollowJointTrajectory',
  gripperCommand: 'control_msgs/action/GripperCommand',
  parallelGripperCommand: 'control_msgs/action/ParallelGripperCommand',
  trigger: 'std_srvs/srv/Trigger',
  setBool: 'std_srvs/srv/SetBool',
  servoCommandType: 'moveit_msgs/srv/ServoCommandType',
  listControllers: 'controller_manager_msgs/srv/ListControllers',
  safetyMode: 'ur_dashboard_msgs/msg/SafetyMode',
  robotMode: 'ur_dashboard_msgs/msg/RobotMode',
  frankaRobotState: 'franka_msgs/msg/FrankaRobotState',
  frankaState: 'franka_msgs/msg/FrankaState',
  topics: 'rosapi_msgs/srv/Topics',
  services: 'rosapi_msgs/srv/Services',
  topicType: 'rosapi_msgs/srv/TopicType',
} as const satisfies Record<string, RosType>;
