import { distance, halfCubeM, lateralDistance } from './geometry.ts';
import type { SceneState } from './scene-state.ts';
import { fulfils } from './success.ts';
import type { SuccessRule } from './task-spec.ts';
import type { Vector3 } from './world.ts';

/** The scene as it would be if the instruction had named another thing or another place. */
export interface OtherScene {
  /** Bodies that play the parts of the named ones. */
  readonly source: string;
  readonly destination: string;
  /** The thing is another one than named; false where only the place is. */
  readonly isOtherSource: boolean;
  readonly scene: SceneState;
}

/** How a rule is fulfilled, and so what can go wrong on the way. */
export type Manner = 'touch' | 'lift' | 'push' | 'place';

/** What an episode's control ticks showed, as far as it tells why the episode failed. */
export interface EpisodeEvidence {
  readonly manner: Manner;
  /** Least distance between the gripper frame and the named thing's centre, m. */
  readonly nearestM: number;
  /** Largest sideways distance of the named thing from where it stood first, m. */
  readonly movedM: number;
  /** What became of the last grip that raised the named thing; `none` without one. */
  readonly grip: 'none' | 'holding' | 'released' | 'dropped';
  /** What was missing to the goal at the end, m, and by how much that sank in the last second. */
  readonly remainingM: number;
  readonly gainedM: number;
  /** The rule's condition held at the end, if not for long enough. */
  readonly fulfilled: boolean;
  /** Another thing, or another place, than the named one was acted upon. */
  readonly wrongObject: boolean;
}

const manners: Readonly<Record<SuccessRule['rule'], Manner>> = {
  reached: 'touch',
  pressed: 'touch',
  lifted: 'lift',
  pushed: 'push',
  stacked: 'place',
  contained: 'place',
  shelved: 'place',
};

/** Control ticks of a second: over so many it is seen whether something gets nearer. */
const secondTicks = 20;
/** Fingers brush things: a grip, and the loss of one, take at least this long. */
const gripTicks = 3;
/** A thing held this much higher than it stood is gripped; lower than the second, it was set down. */
const raisedM = 0.005;
const setDownM = 0.012;
/** A jaw this much wider than in the grip was opened; within this distance of the goal, on purpose. */
const openedRad = 0.08;
const nearGoalM = 0.06;
/** Another cube pushed by its own length was not just brushed against. */
const pushedM = 0.03;

/** Gathers the evidence of one episode, one control tick after another; everything follows from what it is shown. */
export class EvidenceCollector {
  readonly #rule: SuccessRule;
  readonly #manner: Manner;
  readonly #others = new Map<string, OtherTally>();
  readonly #remainingM: number[] = [];
  readonly #grip: GripWatch;
  readonly #path = new Displacement();
  #nearestM = Number.POSITIVE_INFINITY;
  #fulfilled = false;

  constructor(rule: SuccessRule) {
    this.#rule = rule;
    this.#manner = manners[rule.rule];
    this.#grip = new GripWatch(this.#manner === 'place');
  }

  /** Call it at every control tick, and where the episode ended. */
  observe(scene: SceneState, others: readonly OtherScene[]): void {
    const remainingM = missingToGoal(this.#rule, this.#manner, scene);
    this.#remainingM.push(remainingM);
    this.#nearestM = Math.min(this.#nearestM, distance(scene.gripper.positionM, scene.source.positionM));
    this.#fulfilled = fulfils(this.#rule, scene);
    this.#path.add(scene.source.positionM);
    this.#grip.observe(scene, remainingM);
    for (const other of others) {
      const key = `${other.source} ${other.destination}`;
      const tally = this.#others.get(key) ?? new OtherTally(this.#rule, this.#manner);
      this.#others.set(key, tally);
      tally.observe(other);
    }
  }

  get evidence(): EpisodeEvidence {
    const remainingM = this.#remainingM.at(-1) ?? Number.POSITIVE_INFINITY;
    const before = this.#remainingM.at(-secondTicks) ?? this.#remainingM[0] ?? remainingM;
    const movedM = this.#path.farthestM;
    return {
      manner: this.#manner,
      nearestM: this.#nearestM,
      movedM,
      grip: this.#grip.state,
      remainingM,
      gainedM: before - remainingM,
      fulfilled: this.#fulfilled,
      wrongObject: [...this.#others.values()].some((tally) => tally.isActedUpon(movedM)),
    };
  }
}

/** What the rule still asks for, m: a distance, or a height. */
function missingToGoal(rule: SuccessRule, manner: Manner, { gripper, source, destination }: SceneState): number {
  if (rule.rule === 'lifted') return Math.max(0, rule.bottomM + halfCubeM - source.positionM[2]);
  if (manner === 'touch') return distance(gripper.positionM, destination.positionM);
  return lateralDistance(source.positionM, destination.positionM);
}

/** Follows the grip on one thing: since when it is held up, and how that ended. */
class GripWatch {
  readonly #mayRelease: boolean;
  #state: EpisodeEvidence['grip'] = 'none';
  #restM: number | undefined;
  #heldTicks = 0;
  #lostTicks = 0;
  #last = { jawRad: 0, remainingM: 0 };

  /** @param mayRelease false where the task is to hold on. */
  constructor(mayRelease: boolean) {
    this.#mayRelease = mayRelease;
  }

  get state(): EpisodeEvidence['grip'] {
    return this.#state;
  }

  observe({ held, source, gripper }: SceneState, remainingM: number): void {
    const height = source.positionM[2];
    this.#restM ??= height;
    if (held && height > this.#restM + raisedM) {
      this.#heldTicks += 1;
      this.#lostTicks = 0;
      this.#last = { jawRad: gripper.jawRad, remainingM };
      if (this.#heldTicks >= gripTicks) this.#state = 'holding';
      return;
    }
    this.#lostTicks += 1;
    this.#heldTicks = this.#lostTicks < gripTicks ? this.#heldTicks : 0;
    if (this.#state !== 'holding' || this.#lostTicks < gripTicks) return;
    const isSetDown = held && height < this.#restM + setDownM;
    const isLetGo = gripper.jawRad > this.#last.jawRad + openedRad && this.#last.remainingM < nearGoalM;
    this.#state = this.#mayRelease && (isSetDown || isLetGo) ? 'released' : 'dropped';
  }
}

/** Says whether another thing, or the named thing at another place, was treated as if it had been meant. */
class OtherTally {
  readonly #rule: SuccessRule;
  readonly #manner: Manner;
  readonly #grip = new GripWatch(false);
  readonly #path = new Displacement();
  #wasUnfulfilled = false;
  #fulfilledTicks = 0;
  #isDone = false;
  #isOtherSource = false;

  constructor(rule: SuccessRule, manner: Manner) {
    this.#rule = rule;
    this.#manner = manner;
  }

  observe({ scene, isOtherSource }: OtherScene): void {
    this.#isOtherSource = isOtherSource;
    this.#path.add(scene.source.positionM);
    this.#grip.observe(scene, 0);
    const fulfilled = fulfils(this.#rule, scene);
    this.#wasUnfulfilled ||= !fulfilled;
    this.#fulfilledTicks = fulfilled && this.#wasUnfulfilled ? this.#fulfilledTicks + 1 : 0;
    this.#isDone ||= this.#fulfilledTicks >= ticksThatCount(this.#rule);
  }

  /** @param namedMovedM how far the named thing was moved: what it pushes along, or is pushed with it, moves less. */
  isActedUpon(namedMovedM: number): boolean {
    if (this.#isDone) return true;
    if (!this.#isOtherSource) return false;
    if (this.#manner === 'push') return this.#path.farthestM > Math.max(pushedM, namedMovedM);
    return this.#grip.state !== 'none';
  }
}

/** One tick is enough for what a person would call done already: lifted, or pressed. */
function ticksThatCount({ rule, holdTicks }: SuccessRule): number {
  return rule === 'lifted' || rule === 'pressed' ? 1 : holdTicks;
}

class Displacement {
  farthestM = 0;
  #start: Vector3 | undefined;

  add(positionM: Vector3): void {
    this.#start ??= positionM;
    this.farthestM = Math.max(this.farthestM, lateralDistance(this.#start, positionM));
  }
}
