import { Rng } from '../core/rng.ts';
import type { OtherScene } from './episode-evidence.ts';
import { experts } from './experts/expert.ts';
import { nextCommand } from './experts/motion.ts';
import type { GivenInstruction } from './instruction.ts';
import { InverseKinematics } from './inverse-kinematics.ts';
import { drawPlaces } from './placement.ts';
import { privilegedState } from './privileged-state.ts';
import { firstAxis, readScene } from './scene-state.ts';
import type { Roles, SceneState, ThingKind } from './scene-state.ts';
import { forfeits, fulfils } from './success.ts';
import type { SuccessRule, TaskSpec } from './task-spec.ts';
import { drawColour, drawVariation } from './variation.ts';
import type { EpisodeVariation } from './variation.ts';
import type { Vector3, World } from './world.ts';

export type Outcome = 'running' | 'success' | 'failure';

/** Lower than this, a thing has fallen off the table. */
const fallenM = -0.05;
/** Slower than this, a thing lies still. */
const lyingMPerS = 0.01;
const settleSteps = 25;
/** Where the lift task's cube must go, above the table. */
const liftedM = 0.085;

const solvers = new WeakMap<World, InverseKinematics>();

/**
 * One try at a task in a world whose scene is the task's. The world is the caller's: it steps the physics
 * and calls check() once per control tick; another episode may start in the same world afterwards.
 */
export class TaskEpisode {
  readonly instruction: string;
  readonly timeLimitS: number;
  readonly variation: EpisodeVariation;
  readonly roles: Roles;
  readonly #world: World;
  readonly #task: TaskSpec;
  readonly #kinematics: InverseKinematics;
  #heldTicks = 0;

  /** @internal use startEpisode */
  constructor(world: World, task: TaskSpec, drawn: { roles: Roles; instruction: string; variation: EpisodeVariation }) {
    this.#world = world;
    this.#task = task;
    this.timeLimitS = task.timeLimitS;
    this.instruction = drawn.instruction;
    this.variation = drawn.variation;
    this.roles = drawn.roles;
    const solver = solvers.get(world) ?? new InverseKinematics(world);
    solvers.set(world, solver);
    this.#kinematics = solver;
  }

  /** How the episode stands; call it once per control tick, because success must last some ticks. */
  check(): Outcome {
    const scene = this.scene();
    if (this.#isLost(scene) || forfeits(this.#task.success, scene)) return 'failure';
    this.#heldTicks = fulfils(this.#task.success, scene) ? this.#heldTicks + 1 : 0;
    return this.#heldTicks >= this.#task.success.holdTicks ? 'success' : 'running';
  }

  /** A thing the task needs fell off the table, or lies where the arm does not get. */
  #isLost({ source, destination, axisM, held }: SceneState): boolean {
    const [nearest, farthest] = this.#task.reachM ?? [0, Infinity];
    return [source, destination].some(({ positionM: [x, y, z], speedMPerS }) => {
      const distance = Math.hypot(x - axisM[0], y - axisM[1]);
      const isLying = !held && speedMPerS < lyingMPerS;
      return z < fallenM || (isLying && (distance < nearest || distance > farthest));
    });
  }

  /** What only a simulation knows, columns as in privilegedNames. */
  privilegedState(): Float32Array {
    const scene = this.scene();
    const { phase } = experts[this.#task.success.rule](scene);
    return privilegedState(this.#world, { scene, phase, variation: this.variation });
  }

  /** The expert's next joint command (rad, joint order) after the given last one. */
  expertTarget(commandRad: ArrayLike<number>): Float64Array {
    return nextCommand(this.#world, this.#kinematics, commandRad, experts[this.#task.success.rule](this.scene()));
  }

  /** The scene as the experts and the success rules see it. */
  scene(): SceneState {
    return this.#seen(this.roles);
  }

  /** For observers: the scene once for every other thing, and other place, that could have been named. */
  otherScenes(): OtherScene[] {
    const { groups, source: sourceGroup, destination: destinationGroup } = this.#task;
    const { source: named, destination: place } = this.roles;
    const sources = groups[sourceGroup]?.bodies ?? [];
    const pairs = sources.flatMap((source) => {
      const places = destinationGroup === undefined ? [source] : (groups[destinationGroup]?.bodies ?? []);
      return places.map((destination) => ({ source, destination }));
    });
    const others = pairs.filter(({ source, destination }) =>
      destinationGroup === undefined ? source !== named : source !== destination && (source !== named || destination !== place),
    );
    return others.map((pair) => ({
      ...pair,
      isOtherSource: pair.source !== named,
      scene: this.#seen({ ...this.roles, ...pair, obstacles: [] }),
    }));
  }

  #seen(roles: Roles): SceneState {
    const scene = readScene(this.#world, roles);
    const { success } = this.#task;
    if (success.rule === 'reached') return withDestination(scene, [...raised(scene, success.aboveCentreM)]);
    if (success.rule === 'lifted') return withDestination(scene, [scene.source.positionM[0], scene.source.positionM[1], liftedM]);
    return scene;
  }
}

/**
 * Puts the world into a new start state of the task and gives the episode. Places, colours, wording and
 * looks follow from the seed alone, but for what an instruction given in words fixes.
 * Throws ArmatureError when the world's scene lacks the task's things.
 */
export function startEpisode(world: World, task: TaskSpec, seed: number, given?: GivenInstruction): TaskEpisode {
  const rng = new Rng(seed);
  const variation = drawVariation(task.variation, world.robot, rng.fork());
  const roles = drawRoles(task, rng.fork());
  const colours = paint(world, task, { rng: rng.fork(), wanted: wantedColours(roles, given) });
  world.reset(variation.startPoseRad);
  world.setGeomColour('table', variation.tableColour);
  world.forward();
  for (const place of drawPlaces(task, roles, firstAxis(world), rng.fork())) {
    world.setBodyPose(place.body, place.positionM, [Math.cos(place.yawRad / 2), 0, 0, Math.sin(place.yawRad / 2)]);
  }
  world.forward();
  world.step(settleSteps);
  const drawn = rng
    .pick(task.instructions)
    .replace('{source}', colours.get(roles.source) ?? '')
    .replace('{destination}', colours.get(roles.destination) ?? '');
  return new TaskEpisode(world, task, { roles, instruction: given?.text ?? drawn, variation });
}

/** Frees what the episodes of a world hold beside it; call it before world.dispose(). */
export function disposeEpisodes(world: World): void {
  solvers.get(world)?.dispose();
  solvers.delete(world);
}

function drawRoles(task: TaskSpec, rng: Rng): Roles {
  const bodies = task.groups[task.source]?.bodies ?? [];
  const source = rng.pick(bodies);
  const goals = task.destination === undefined ? [source] : (task.groups[task.destination]?.bodies ?? []);
  const destination = task.destination === undefined ? source : rng.pick(goals.filter((body) => body !== source));
  const { rule } = task.success;
  const sourceKind = sourceKinds[rule] ?? 'solid';
  const hasWalls = rule === 'contained' || rule === 'shelved';
  const solidGroups = [task.source, ...(hasWalls && task.destination !== undefined ? [task.destination] : [])];
  const obstacles = solidGroups
    .flatMap((name) => task.groups[name] ?? [])
    .flatMap(({ bodies: members, footprintM }) => members.map((body) => ({ body, radiusM: footprintM })))
    .filter(({ body }) => sourceKind === 'solid' && body !== source);
  return { source, destination, rivals: bodies.filter((body) => body !== source), obstacles, sourceKind };
}

/** What the things to act on are where they are not solid. */
const sourceKinds: Partial<Record<SuccessRule['rule'], ThingKind>> = { reached: 'mark', pressed: 'button' };

/** Colours the bodies of every coloured group, each another colour, and gives the colour's name by body. */
function paint(
  world: World,
  task: TaskSpec,
  { rng, wanted }: { rng: Rng; wanted: ReadonlyMap<string, string> },
): Map<string, string> {
  const names = new Map<string, string>();
  for (const group of Object.values(task.groups)) {
    if (!group.coloured) continue;
    const colours = rng.shuffle<NamedColour>(Object.entries(task.variation.colours));
    group.bodies.forEach((body, index) => {
      const other = colours.findIndex(([name]) => name === wanted.get(body));
      if (other >= 0) [colours[index], colours[other]] = [colours[other] as NamedColour, colours[index] as NamedColour];
    });
    group.bodies.forEach((body, index) => {
      const [name, colour] = colours[index] ?? ['', [0, 0, 0]];
      names.set(body, name);
      world.setGeomColour(body, drawColour(colour, task.variation, rng));
    });
  }
  return names;
}

type NamedColour = [name: string, colour: Vector3];

/** Colours by body that an instruction insists on. */
function wantedColours(roles: Roles, given: GivenInstruction | undefined): Map<string, string> {
  const wanted = new Map<string, string>();
  const { source, destination } = given?.colours ?? {};
  if (destination !== undefined) wanted.set(roles.destination, destination);
  if (source !== undefined) wanted.set(roles.source, source);
  return wanted;
}

function withDestination(scene: SceneState, positionM: Vector3): SceneState {
  return { ...scene, destination: { ...scene.destination, positionM } };
}

function raised(scene: SceneState, heightM: number): Vector3 {
  const [x, y, z] = scene.source.positionM;
  return [x, y, z + heightM];
}
