import { ArmatureError } from '../core/errors.ts';
import type { Rng } from '../core/rng.ts';
import type { Roles } from './scene-state.ts';
import type { TaskGroup, TaskSpec } from './task-spec.ts';
import type { Vector3 } from './world.ts';

/** Where a body stands at the start of an episode. */
export interface Place {
  readonly body: string;
  readonly positionM: Vector3;
  readonly yawRad: number;
}

interface Footprint {
  readonly place: Place;
  readonly radiusM: number;
}

type Ends = Pick<Roles, 'source' | 'destination'>;

const attempts = 2000;

/**
 * Draws places for all things of a task until they keep their distances and the lane is free.
 * `axisM` is where the first joint's axis meets the table. Throws ArmatureError when the regions are too small.
 */
export function drawPlaces(task: TaskSpec, roles: Ends, axisM: readonly [number, number], rng: Rng): Place[] {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const footprints = Object.values(task.groups).flatMap((group) => drawGroup(group, axisM, rng));
    if (keepDistance(footprints, task.gapM) && laneIsFree({ task, roles, axisM }, footprints)) return footprints.map(({ place }) => place);
  }
  throw new ArmatureError('E_TASK_PLACEMENT', `task "${task.name}" found no room for its things in ${attempts} draws`, {
    remedy: `Widen the regions or lower gapM or the lane in sim/tasks/${task.name}.yaml.`,
  });
}

function drawGroup(group: TaskGroup, axisM: readonly [number, number], rng: Rng): Footprint[] {
  const firstSide = rng.pick([-1, 1]);
  return group.bodies.map((body, index) => {
    const side = group.mirrored ? firstSide * (index % 2 === 0 ? 1 : -1) : 1;
    const radius = rng.uniform(...group.region.radiusM);
    const azimuth = side * rng.uniform(...group.region.azimuthRad);
    const positionM: Vector3 = [
      axisM[0] + radius * Math.cos(azimuth),
      axisM[1] + radius * Math.sin(azimuth),
      group.heightM,
    ];
    return { place: { body, positionM, yawRad: azimuth + rng.uniform(-group.yawRad, group.yawRad) }, radiusM: group.footprintM };
  });
}

function keepDistance(footprints: readonly Footprint[], gapM: number): boolean {
  return footprints.every((one, index) =>
    footprints.slice(index + 1).every((other) => {
      const [x, y] = one.place.positionM;
      const distance = Math.hypot(other.place.positionM[0] - x, other.place.positionM[1] - y);
      return distance >= one.radiusM + other.radiusM + gapM;
    }),
  );
}

function laneIsFree(
  { task, roles, axisM }: { task: TaskSpec; roles: Ends; axisM: readonly [number, number] },
  footprints: readonly Footprint[],
): boolean {
  const { lane } = task;
  if (lane === undefined) return true;
  const position = (body: string): Vector3 =>
    footprints.find(({ place }) => place.body === body)?.place.positionM ?? [0, 0, 0];
  const source = position(roles.source);
  const destination = position(roles.destination);
  const length = Math.hypot(destination[0] - source[0], destination[1] - source[1]);
  const [x, y] = [(destination[0] - source[0]) / length, (destination[1] - source[1]) / length];
  const start = Math.hypot(source[0] - lane.startM * x - axisM[0], source[1] - lane.startM * y - axisM[1]);
  if (start < lane.startRadiusM[0] || start > lane.startRadiusM[1]) return false;
  const rivals = task.groups[task.source]?.bodies.filter((body) => body !== roles.source) ?? [];
  return rivals.map(position).every((rival) => {
    const along = (rival[0] - source[0]) * x + (rival[1] - source[1]) * y;
    const nearest = Math.min(length, Math.max(-lane.startM, along));
    return Math.hypot(rival[0] - source[0] - nearest * x, rival[1] - source[1] - nearest * y) >= lane.halfWidthM;
  });
}
