import { ArmatureError } from '../../core/errors.ts';

export function bridgeUnreachable(url: string, found: string): ArmatureError {
  return new ArmatureError('E_ROS_UNREACHABLE', `no rosbridge server answers at ${url}`, {
    expected: 'a WebSocket connection within 2 s',
    found,
    remedy:
      'Start rosbridge_server there (roslaunch or ros2 launch), or name the right address with --url, as in ws://robot:9090.',
  });
}

export function linkDown(url: string, operation: string): ArmatureError {
  return new ArmatureError('E_ROS_LINK', `cannot ${operation}: the link to the rosbridge server at ${url} is down`, {
    remedy:
      'Look at the arm. A program that goes on opens the link again by itself and has to be armed anew; else start it again.',
  });
}

export function serviceFailed(service: string, found: string): ArmatureError {
  return new ArmatureError('E_ROS_SERVICE', `the ROS service ${service} failed`, {
    found,
    remedy: 'Check its name with `armature ros topics --services`, and the log of the node that offers it.',
  });
}

export function badMessage(topic: string, type: string, found: string): ArmatureError {
  return new ArmatureError('E_ROS_MESSAGE', `what ${topic} publishes is no ${type}`, {
    found,
    remedy: 'Check the topic and rosVersion under drivers.ros in robot.yaml; `armature ros echo` shows the messages.',
  });
}
