import { describe, expect, it } from 'vitest';
import { FakeBridge } from './fake-bridge.ts';
import { bridge, ending, open } from './open-arm.ts';
import { FORWARD } from './ros-robot.ts';

describe('the probe before an arm is used', () => {
  it('says that no joint states come', async () => {
    const server = await FakeBridge.listen();
    ending.push(() => server.close());
    await expect(open(server)).rejects.toMatchObject({
      code: 'E_ROS_NO_STATE',
      problem: expect.stringContaining('/joint_states'),
    });
  });

  it('names the joints that are missing and those that are there', async () => {
    const server = await bridge();
    await expect(open(server, { jointStates: {} })).rejects.toMatchObject({
      code: 'E_ROS_JOINTS',
      problem: expect.stringContaining('the position of shoulder'),
      found: 'joints gripper, arm_1',
    });
  });

  it('says which controller is not active', async () => {
    const controller = [{ name: 'forward_position_controller', state: 'inactive' }];
    const server = await bridge({ services: { '/controller_manager/list_controllers': () => ({ controller }) } });
    const changes = {
      controllerManager: '/controller_manager',
      command: { ...FORWARD, controller: 'forward_position_controller' },
    };
    await expect(open(server, changes)).rejects.toMatchObject({
      code: 'E_ROS_CONTROLLER',
      found: 'forward_position_controller (inactive)',
    });
  });

  it('names the stop of a robot that lets no controller command it because of one', async () => {
    const controller = [{ name: 'forward_position_controller', state: 'inactive' }];
    const server = await bridge({ services: { '/controller_manager/list_controllers': () => ({ controller }) } });
    const topic = '/io_and_status_controller/safety_mode';
    const timer = setInterval(() => server.publish(topic, { mode: 3 }), 10);
    ending.push(() => clearInterval(timer));
    const changes = {
      controllerManager: '/controller_manager',
      command: { ...FORWARD, controller: 'forward_position_controller' },
      safety: { kind: 'ur', safetyModeTopic: topic },
    };
    await expect(open(server, changes)).rejects.toMatchObject({
      code: 'E_ROS_ROBOT_STOPPED',
      problem: expect.stringContaining('safety mode PROTECTIVE_STOP'),
    });
  });

  it('says that nobody listens to the commands', async () => {
    const services = {
      '/rosapi/subscribers': () => ({ subscribers: [] }),
      '/rosapi/topic_type': () => ({ type: 'std_msgs/msg/Float64MultiArray' }),
    };
    const server = await bridge({ services });
    await expect(open(server)).rejects.toMatchObject({
      code: 'E_ROS_CONTROLLER',
      problem: `nobody listens to ${FORWARD.topic}`,
    });
  });

  it('refuses an arm that moves by itself', async () => {
    const state = { shoulder: 0 };
    const server = await bridge({}, state);
    const timer = setInterval(() => (state.shoulder += 0.01), 10);
    ending.push(() => clearInterval(timer));
    await expect(open(server)).rejects.toMatchObject({
      code: 'E_ROS_MOVES',
      found: expect.stringContaining('shoulder'),
    });
  });
});
