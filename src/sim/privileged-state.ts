import type { RobotSpec } from '../robot/robot-spec.ts';
import { noShift, pictureOf } from './camera-pose.ts';
import { phases } from './experts/goal.ts';
import type { Phase } from './experts/goal.ts';
import { touchM } from './scene-state.ts';
import type { SceneState } from './scene-state.ts';
import type { EpisodeVariation } from './variation.ts';
import type { World } from './world.ts';

const sceneNames = [
  'source.x',
  'source.y',
  'source.z',
  'destination.x',
  'destination.y',
  'destination.z',
  'grasped',
  'phase',
  'touched',
] as const;

/**
 * Columns of the privileged state, the same for every task of a robot: places in the base frame, m; 0 or 1
 * for grasped and touched; the place of the expert's phase in `phases`; and for each camera where the source
 * appears in its picture, as in pictureOf.
 */
export function privilegedNames({ cameras }: RobotSpec): string[] {
  return [...sceneNames, ...cameras.flatMap(({ name }) => [`source.${name}.column`, `source.${name}.row`])];
}

/** What only a simulation knows, columns as in privilegedNames. */
export function privilegedState(
  world: World,
  { scene, phase, variation }: { scene: SceneState; phase: Phase; variation: EpisodeVariation },
): Float32Array {
  const { source, destination, held, fingerGapsM } = scene;
  const touched = fingerGapsM.some((gap) => gap < touchM);
  const pictures = world.robot.cameras.flatMap((camera) =>
    pictureOf(world, camera, variation.cameraShifts[camera.name] ?? noShift, source.positionM),
  );
  return Float32Array.of(
    ...source.positionM,
    ...destination.positionM,
    held ? 1 : 0,
    phases.indexOf(phase),
    touched ? 1 : 0,
    ...pictures,
  );
}
