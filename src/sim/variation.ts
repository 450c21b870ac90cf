import type { Rng } from '../core/rng.ts';
import type { RobotSpec } from '../robot/robot-spec.ts';
import { defaultLighting } from './ray-camera.ts';
import type { CameraShift, Lighting } from './ray-camera.ts';
import type { VariationSpec } from './task-spec.ts';
import type { Vector3 } from './world.ts';

/** What an episode looks like beyond the things of its task. */
export interface EpisodeVariation {
  readonly lighting: Lighting;
  /** Mount errors by camera name. */
  readonly cameraShifts: Readonly<Record<string, CameraShift>>;
  /** Start pose, rad, joint order. */
  readonly startPoseRad: readonly number[];
  readonly tableColour: Vector3;
}

export function drawVariation(spec: VariationSpec, robot: RobotSpec, rng: Rng): EpisodeVariation {
  const around = (largest: number): Vector3 => [
    rng.uniform(-largest, largest),
    rng.uniform(-largest, largest),
    rng.uniform(-largest, largest),
  ];
  const { positionM, rotationRad } = spec.cameraShift;
  return {
    lighting: drawLighting(spec, rng),
    cameraShifts: Object.fromEntries(
      robot.cameras.map(({ name }) => [name, { positionM: around(positionM), rotationRad: around(rotationRad) }]),
    ),
    startPoseRad: drawStartPose(spec, robot, rng),
    tableColour: jittered(spec.table.rgb, spec.table.jitter, rng),
  };
}

/** A colour with up to `jitter` added to or taken from each channel, inside [0, 1]. */
export function jittered(colour: Vector3, jitter: number, rng: Rng): Vector3 {
  const channel = (value: number): number => Math.min(1, Math.max(0, value + rng.uniform(-jitter, jitter)));
  return [channel(colour[0]), channel(colour[1]), channel(colour[2])];
}

function drawLighting({ lighting }: VariationSpec, rng: Rng): Lighting {
  const elevation = rng.uniform(...lighting.elevationRad);
  const azimuth = rng.uniform(...lighting.azimuthRad);
  return {
    direction: [Math.cos(elevation) * Math.cos(azimuth), Math.cos(elevation) * Math.sin(azimuth), Math.sin(elevation)],
    ambient: rng.uniform(...lighting.ambient),
    diffuse: rng.uniform(...lighting.diffuse),
    gain: [rng.uniform(...lighting.gain), rng.uniform(...lighting.gain), rng.uniform(...lighting.gain)],
    background: defaultLighting.background,
  };
}

function drawStartPose({ startPose }: VariationSpec, robot: RobotSpec, rng: Rng): number[] {
  return robot.joints.map(({ name, limits }, joint) => {
    const largest = name === robot.gripper ? startPose.gripperRad : startPose.armRad;
    const value = (robot.homeRad[joint] ?? 0) + rng.uniform(-largest, largest);
    const [low, high] = limits.positionRad;
    return Math.min(high - limits.softMarginRad, Math.max(low + limits.softMarginRad, value));
  });
}
