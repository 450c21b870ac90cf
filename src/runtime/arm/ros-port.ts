import { MonotonicClock } from '../../core/clock.ts';
import { RosArm } from '../../drivers/ros/ros-arm.ts';
import type { ArmPort, ArmPortOptions } from './arm-port.ts';
import { failureOf } from './arm-spec.ts';
import type { ArmDriverSpec } from './arm-spec.ts';
import { RosCitizen } from './ros-citizen.ts';
import { RosWireEnd, allocateRosBuffers } from './ros-wire.ts';

/** The main thread has the link, so that it can tell the arm to stop when the gate is dead. */
export async function openRosPort(
  { spec, onFailure, command }: ArmPortOptions,
  { url }: Extract<ArmDriverSpec, { kind: 'ros' }>,
): Promise<ArmPort> {
  const { robot } = spec;
  const onProblem = (error: unknown): void => onFailure(failureOf(error));
  const clock = new MonotonicClock();
  const arm = await RosArm.open({ robot, url, clock, random: Math.random, onProblem });
  const buffers = allocateRosBuffers(robot.joints.length);
  const end = new RosWireEnd(robot.joints.length, buffers, arm);
  return {
    wire: { kind: 'ros', buffers, url: arm.link.url },
    scene: undefined,
    begin: () => undefined,
    halt: () => arm.halt(),
    read: () => arm.read(),
    witness: new RosCitizen({ robot, arm, clock, command }),
    close: () => {
      end.close();
      arm.close();
    },
  };
}
