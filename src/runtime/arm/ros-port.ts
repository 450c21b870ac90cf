import { MonotonicClock } from '../../core/clock.ts';
import { RosArm } from '../../drivers/ros/ros-arm.ts';
import type { ArmPort, ArmPortOptions } from './arm-port.ts';
import { failureOf } from './arm-spec.ts';
import type { ArmDriverSpec } from './arm-spec.ts';
import { RosWireEnd, allocateRosBuffers } from './ros-wire.ts';

/** The main thread has the link, so that it can tell the arm to stop when the gate is dead. */
export async function openRosPort(
  { spec, onFailure }: ArmPortOptions,
  { url }: Extract<ArmDriverSpec, { kind: 'ros' }>,
): Promise<ArmPort> {
  const { robot } = spec;
  const onProblem = (error: unknown): void => onFailure(failureOf(error));
  const arm = await RosArm.open({ robot, url, clock: new MonotonicClock(), random: Math.random, onProblem });
  const buffers = allocateRosBuffers(robot.joints.length);
  const end = new RosWireEnd(robot.joints.length, buffers, arm);
  return {
    wire: { kind: 'ros', buffers, url: arm.link.url },
    scene: undefined,
    begin: () => undefined,
    halt: () => arm.halt(),
    read: () => arm.read(),
    close: () => {
      end.close();
      arm.close();
    },
  };
}
