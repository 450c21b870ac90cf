import type { Command } from 'commander';
import type { RobotSpec } from '../robot/robot-spec.ts';
import { parseCameras, rosCameras, withBridge } from '../sensors/camera/camera-address.ts';
import type { CameraAddress } from '../sensors/camera/camera-address.ts';

/** Which arm a verb moves, and how it is reached. */
export interface ArmOptions {
  readonly robot: string;
  /** A block under `drivers` in robot.yaml. */
  readonly driver: string;
  readonly port?: string;
  readonly calibration?: string;
  readonly url?: string;
  readonly yes?: boolean;
}

/** Drivers whose arm is in a simulated scene, or stands in one that is only looked at. */
export const SCENE_DRIVERS = ['sim', 'mirror'] as const;
export type SceneDriver = (typeof SCENE_DRIVERS)[number];

export function isSceneDriver(driver: string): driver is SceneDriver {
  return (SCENE_DRIVERS as readonly string[]).includes(driver);
}

/** The options of every verb that moves an arm. */
export function addArmOptions(command: Command): Command {
  return addReachOptions(
    command
      .requiredOption('--robot <name>', 'robot, by name or folder')
      .option('--driver <name>', 'how to reach it: sim, mirror for a dry run, serial or ros', 'sim'),
  );
}

/** The options of a verb for real arms alone. */
export function addRealArmOptions(command: Command): Command {
  return addReachOptions(
    command
      .requiredOption('--robot <name>', 'robot, by name or folder')
      .requiredOption('--driver <name>', 'how to reach it: serial or ros'),
  );
}

function addReachOptions(command: Command): Command {
  return command
    .option('--port <path>', 'serial: the port of the servo bus; see armature ports')
    .option('--calibration <file>', 'serial: calibration of this arm; default calibration/<robot>.json')
    .option('--url <address>', 'ros: address of rosbridge; default that of robot.yaml')
    .option('--yes', 'arm a real arm without asking: somebody looks at it and can cut its power');
}

/** Adds `--camera`, which may be given several times. */
export function addCameraOption(command: Command): Command {
  return command.option(
    '--camera <name=address...>',
    'real camera: name=/dev/video0, rtsp://..., http://..., ros:/topic, ,width=640,height=480,fps=30',
    [],
  );
}

/**
 * Cameras of a command line; an arm behind ROS has those of its description, too, unless others of their names are given.
 * Throws E_CAMERA_ADDRESS.
 */
export function camerasOf(
  robot: RobotSpec,
  { driver, camera, url }: Pick<ArmOptions, 'driver' | 'url'> & { readonly camera: readonly string[] },
): CameraAddress[] {
  const given = parseCameras(camera).map((address) => withBridge(address, robot));
  const described = driver === 'ros' ? rosCameras(robot, url) : [];
  return [...given, ...described.filter(({ name }) => !given.some((other) => other.name === name))];
}
