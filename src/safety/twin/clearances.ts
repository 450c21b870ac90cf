import type { RobotSpec } from '../../robot/robot-spec.ts';
import { at } from '../joint-limits.ts';
import type { PathPoses } from './path-poses.ts';
import type { Rule } from './rules.ts';

/** What a path does to the rules: the first that it breaks, or the one that slows it down most. */
export interface Finding {
  readonly rule: Rule | undefined;
  readonly isClear: boolean;
  /** In (0, 1]. */
  readonly speedFactor: number;
  /** False: it took more evaluations than allowed and means nothing. */
  readonly isComplete: boolean;
}

/** Distances judged in one check, at most, for each rule: the time of a check is bounded. Full speed needs 4 to 5. */
const MOST_EVALUATIONS_PER_RULE = 10;
/** Beyond the slow distance by so much a distance is known; the longer, the more steps it serves for. */
const KNOWN_AHEAD_M = 0.03;
/** How often a step may be halved to prove what is between two poses. */
const MOST_HALVINGS = 6;
/** Slowest, as a share of the velocity limits: the arm must still arrive, or get away. */
const SLOWEST = 0.05;
/** Differences of distances that are rounding, m. */
const ROUNDING_M = 1e-9;
/** A path that comes nearer by less than this is not slowed down, m. */
const APPROACH_M = 1e-6;

const NOTHING: Finding = { rule: undefined, isClear: true, speedFactor: 1, isComplete: true };

/**
 * Holds paths to rules. What it proves for a path it calls clear: at every pose each distance is at least its
 * minimum, and while the joints go straight from one pose to the next, at least the minimum less the tolerance.
 *
 * Most of it is done without kinematics. A distance changes by at most lever times angle, so one that was judged
 * once bounds those of all poses nearby: c(q) >= c(r) - sum of lever * |q - r|. Only where the bound falls below the
 * slow distance it is judged anew, at both ends of a step; between them it is at least half of what the two
 * and the bound of the step leave, and where this is too little, the step is halved.
 *
 * The bounds are kept from call to call; they decide what is judged, not how, so a verdict does not depend on them.
 */
export class Clearances {
  readonly #rules: readonly Rule[];
  readonly #poses: PathPoses;
  readonly #lowM: Float64Array;
  readonly #highM: Float64Array;
  readonly #tableHeightM: number;
  // Per rule: where it was judged last, and what came out.
  readonly #knownPoses: Float64Array[];
  readonly #knownM: Float64Array;
  // Per rule, of the present path: the least that counts as clear, the distance at the start, the least after it.
  readonly #neededM: Float64Array;
  readonly #startM: Float64Array;
  readonly #leastM: Float64Array;
  readonly #endM: Float64Array;
  readonly #endIndex: Int32Array;
  readonly #halves: Float64Array[];
  readonly #gripperM = new Float64Array(3);
  readonly #mostEvaluations: number;
  #evaluations = 0;

  constructor(robot: RobotSpec, rules: readonly Rule[], poses: PathPoses) {
    const jointCount = robot.joints.length;
    this.#rules = rules;
    this.#mostEvaluations = MOST_EVALUATIONS_PER_RULE * rules.length;
    this.#poses = poses;
    this.#lowM = Float64Array.from(robot.workspaceM.low);
    this.#highM = Float64Array.from(robot.workspaceM.high);
    this.#tableHeightM = robot.space.tableHeightM ?? -Infinity;
    this.#knownPoses = rules.map(() => new Float64Array(jointCount));
    this.#knownM = new Float64Array(rules.length).fill(-Infinity);
    this.#neededM = new Float64Array(rules.length);
    this.#startM = new Float64Array(rules.length);
    this.#leastM = new Float64Array(rules.length);
    this.#endM = new Float64Array(rules.length);
    this.#endIndex = new Int32Array(rules.length);
    this.#halves = Array.from({ length: MOST_HALVINGS }, () => new Float64Array(jointCount));
  }

  /** Judges the path that the poses hold. */
  judge(): Finding {
    this.#begin();
    for (let step = 0; step + 1 < this.#poses.count; step += 1) {
      for (let index = 0; index < this.#rules.length; index += 1) {
        const isClear = this.#isStepClear(index, step);
        const isComplete = this.#evaluations <= this.#mostEvaluations;
        if (isClear && isComplete) continue;
        return { rule: this.#rules[index], isClear: false, speedFactor: 1, isComplete };
      }
    }
    return this.#slowest();
  }

  /** Distance of a rule where the twin stands, m. */
  distanceM(rule: Rule): number {
    const { twin } = this.#poses;
    if (rule.reason === 'workspace') return this.#insideM();
    if (rule.reason === 'table') return twin.lowestM(rule.geoms) - this.#tableHeightM;
    return twin.distanceM(rule.pairs, rule.slowM, rule.slowM + KNOWN_AHEAD_M);
  }

  #begin(): void {
    this.#evaluations = 0;
    this.#endIndex.fill(-1);
    this.#startM.fill(Infinity);
    this.#leastM.fill(Infinity);
    for (let index = 0; index < this.#rules.length; index += 1) this.#neededM[index] = this.#rule(index).minimumM;
  }

  #isStepClear(index: number, step: number): boolean {
    const { slowM, minimumM } = this.#rule(index);
    if (this.#boundM(index, step) >= slowM) return true;
    const start = this.#endIndex[index] === step ? at(this.#endM, index) : this.#judgeAt(index, step);
    if (step === 0) {
      this.#startM[index] = start;
      // The arm already stands too near: it may stay, and it may leave.
      if (start < minimumM) this.#neededM[index] = start;
    }
    if (this.#boundM(index, step) >= slowM) return true;
    const end = this.#judgeAt(index, step + 1);
    this.#endIndex[index] = step + 1;
    this.#endM[index] = end;
    this.#leastM[index] = Math.min(at(this.#leastM, index), end);
    if (!(end >= at(this.#neededM, index) - ROUNDING_M)) return false;
    return this.#isBetweenClear(index, { from: this.#poses.pose(step), to: this.#poses.pose(step + 1), start, end }, 0);
  }

  #isBetweenClear(index: number, step: Step, halvings: number): boolean {
    const { from, to, start, end } = step;
    const { leversM, toleranceM } = this.#rule(index);
    const enough = at(this.#neededM, index) - toleranceM;
    let moved = 0;
    for (let joint = 0; joint < from.length; joint += 1) {
      moved += at(leversM, joint) * Math.abs(at(to, joint) - at(from, joint));
    }
    if ((start + end - moved) / 2 >= enough) return true;
    const half = this.#halves[halvings];
    if (half === undefined) return false;
    for (let joint = 0; joint < from.length; joint += 1) half[joint] = (at(from, joint) + at(to, joint)) / 2;
    this.#poses.standIn(half);
    const middle = this.#evaluate(index);
    if (!(middle >= enough)) return false;
    return (
      this.#isBetweenClear(index, { from, to: half, start, end: middle }, halvings + 1) &&
      this.#isBetweenClear(index, { from: half, to, start: middle, end }, halvings + 1)
    );
  }

  /** The least that the known distance leaves for a rule anywhere between two poses of the path, m. */
  #boundM(index: number, step: number): number {
    const known = at(this.#knownM, index);
    if (known === -Infinity) return -Infinity;
    const { leversM } = this.#rule(index);
    const knownPose = this.#knownPoses[index] as Float64Array;
    const [from, to] = [this.#poses.pose(step), this.#poses.pose(step + 1)];
    let bound = known;
    for (let joint = 0; joint < from.length; joint += 1) {
      const place = at(knownPose, joint);
      bound -= at(leversM, joint) * Math.max(Math.abs(at(from, joint) - place), Math.abs(at(to, joint) - place));
    }
    return bound;
  }

  #judgeAt(index: number, pose: number): number {
    this.#poses.stand(pose);
    const distance = this.#evaluate(index);
    this.#knownM[index] = distance;
    const [known, judged] = [this.#knownPoses[index] as Float64Array, this.#poses.pose(pose)];
    for (let joint = 0; joint < judged.length; joint += 1) known[joint] = at(judged, joint);
    return distance;
  }

  #evaluate(index: number): number {
    this.#evaluations += 1;
    // Beyond the limit the value means nothing; `judge` does not go by it.
    return this.#evaluations > this.#mostEvaluations ? -Infinity : this.distanceM(this.#rule(index));
  }

  #insideM(): number {
    const place = this.#gripperM;
    this.#poses.twin.copyGripperPosition(place, 0);
    let inside = Infinity;
    for (let axis = 0; axis < 3; axis += 1) {
      inside = Math.min(inside, at(place, axis) - at(this.#lowM, axis), at(this.#highM, axis) - at(place, axis));
    }
    return inside;
  }

  #slowest(): Finding {
    let speedFactor = 1;
    let slowing: Rule | undefined;
    for (let index = 0; index < this.#rules.length; index += 1) {
      const rule = this.#rule(index);
      const least = at(this.#leastM, index);
      if (!(least < rule.slowM) || least > at(this.#startM, index) - APPROACH_M) continue;
      const factor = Math.max(SLOWEST, (least - rule.minimumM) / (rule.slowM - rule.minimumM));
      if (factor >= speedFactor) continue;
      speedFactor = factor;
      slowing = rule;
    }
    return slowing === undefined ? NOTHING : { rule: slowing, isClear: true, speedFactor, isComplete: true };
  }

  #rule(index: number): Rule {
    return this.#rules[index] as Rule;
  }
}

/** A stretch of a path and the distances at its ends, m. */
interface Step {
  readonly from: Float64Array;
  readonly to: Float64Array;
  readonly start: number;
  readonly end: number;
}
