import type { Rng } from '../core/rng.ts';
import type { RobotSpec } from '../robot/robot-spec.ts';
import { defaultLighting } from './ray-camera.ts';
import type { CameraShift } from './camera-pose.ts';
import type { Lighting } from './ray-camera.ts';
import type { VariationSpec } from './task-spec.ts';
import type { Vector3 } from './world.ts';

type Range = readonly [low: number, high: number];

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
  const { cameraShift, outside } = spec;
  const around = (largest: number, inner?: number): Vector3 => {
    const error = (): number => drawAround(largest, rng, inner);
    return [error(), error(), error()];
  };
  return {
    lighting: drawLighting(spec, rng),
    cameraShifts: Object.fromEntries(
      robot.cameras.map(({ name }) => [
        name,
        {
          positionM: around(cameraShift.positionM, outside?.cameraShift.positionM),
          rotationRad: around(cameraShift.rotationRad, outside?.cameraShift.rotationRad),
        },
      ]),
    ),
    startPoseRad: drawStartPose(spec, robot, rng),
    tableColour: jittered(spec.table.rgb, rng, { largest: spec.table.jitter, inner: outside?.table.jitter }),
  };
}

/** Share of a range, about its middle, that extreme variations leave out. */
const MIDDLE_SHARE = 0.6;

/** The same ranges without their middles; azimuths, which have no extremes, stay whole. */
export function outerPart(spec: VariationSpec): VariationSpec {
  const { colourJitter, lighting, table, cameraShift } = spec;
  const middle = ([low, high]: Range): [number, number] => {
    const [centre, half] = [(low + high) / 2, ((high - low) / 2) * MIDDLE_SHARE];
    return [centre - half, centre + half];
  };
  const { ambient, diffuse, elevationRad, azimuthRad, gain } = lighting;
  return {
    ...spec,
    outside: {
      ...spec,
      colourJitter: colourJitter * MIDDLE_SHARE,
      lighting: { ambient: middle(ambient), diffuse: middle(diffuse), elevationRad: middle(elevationRad), azimuthRad, gain: middle(gain) },
      table: { ...table, jitter: table.jitter * MIDDLE_SHARE },
      cameraShift: { positionM: cameraShift.positionM * MIDDLE_SHARE, rotationRad: cameraShift.rotationRad * MIDDLE_SHARE },
    },
  };
}

/** A thing's colour: the named one with each channel off by as much as the variation says. */
export function drawColour(colour: Vector3, { colourJitter, outside }: VariationSpec, rng: Rng): Vector3 {
  return jittered(colour, rng, { largest: colourJitter, inner: outside?.colourJitter });
}

function jittered(colour: Vector3, rng: Rng, off: { largest: number; inner: number | undefined }): Vector3 {
  const channel = (value: number): number => Math.min(1, Math.max(0, value + drawAround(off.largest, rng, off.inner)));
  return [channel(colour[0]), channel(colour[1]), channel(colour[2])];
}

function drawLighting({ lighting, outside }: VariationSpec, rng: Rng): Lighting {
  const draw = (name: keyof VariationSpec['lighting']): number => drawRange(lighting[name], rng, outside?.lighting[name]);
  const elevation = draw('elevationRad');
  const azimuth = draw('azimuthRad');
  return {
    direction: [Math.cos(elevation) * Math.cos(azimuth), Math.cos(elevation) * Math.sin(azimuth), Math.sin(elevation)],
    ambient: draw('ambient'),
    diffuse: draw('diffuse'),
    gain: [draw('gain'), draw('gain'), draw('gain')],
    background: defaultLighting.background,
  };
}

function drawAround(largest: number, rng: Rng, inner?: number): number {
  return drawRange([-largest, largest], rng, inner === undefined ? undefined : [-inner, inner]);
}

/** Uniform in a range; with `inner`, in what of the range lies outside that one, where anything does. */
function drawRange([low, high]: Range, rng: Rng, inner: Range = [high, high]): number {
  const below = Math.min(high, Math.max(low, inner[0])) - low;
  const aboveFrom = Math.max(low, Math.min(high, inner[1]));
  const above = high - aboveFrom;
  if (below + above === 0) return rng.uniform(low, high);
  const at = rng.uniform(0, below + above);
  return at < below ? low + at : aboveFrom + at - below;
}

function drawStartPose({ startPose }: VariationSpec, robot: RobotSpec, rng: Rng): number[] {
  return robot.joints.map(({ name, limits }, joint) => {
    const largest = name === robot.gripper ? startPose.gripperRad : startPose.armRad;
    const value = (robot.homeRad[joint] ?? 0) + rng.uniform(-largest, largest);
    const [low, high] = limits.positionRad;
    return Math.min(high - limits.softMarginRad, Math.max(low + limits.softMarginRad, value));
  });
}
