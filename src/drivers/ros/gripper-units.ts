import type { RosGripperSpec } from '../../robot/ros-spec.ts';

/** Between the gripper's joint, rad, and what ROS is told and reports of it. */
export interface GripperUnits {
  toCommand(positionRad: number): number;
  toPositionRad(state: number): number;
  /** Per unit of what is reported: rad. Velocities scale with it, efforts with its inverse: their product is power. */
  readonly radPerState: number;
}

export function gripperUnits({ positionsRad, commands, states = commands }: RosGripperSpec): GripperUnits {
  const [firstRad, secondRad] = positionsRad;
  const spanRad = secondRad - firstRad;
  const radPerState = spanRad / (states[1] - states[0]);
  const [lowest, highest] = [Math.min(...commands), Math.max(...commands)];
  return {
    toCommand: (positionRad) => {
      const command = commands[0] + ((positionRad - firstRad) / spanRad) * (commands[1] - commands[0]);
      // A gripper refuses goals beyond its ends.
      return Math.min(Math.max(command, lowest), highest);
    },
    toPositionRad: (state) => firstRad + (state - states[0]) * radPerState,
    radPerState,
  };
}
