import { decodeBin } from '../actions/action-codec.ts';
import type { DecodedFrom } from '../actions/action-codec.ts';
import type { BinInterval } from '../actions/allowed-bins.ts';
import type { TokenReview } from '../policy/decide-tokens.ts';
import type { RobotSpec } from '../robot/robot-spec.ts';
import { at, jointLimits } from '../safety/joint-limits.ts';
import type { JointLimits } from '../safety/joint-limits.ts';
import type { SpaceGuard } from '../safety/space-guard.ts';
import { StopPath } from '../safety/stop-path.ts';
import type { LayoutSpec } from '../tokens/layout-spec.ts';

/** What all decisions share. */
interface Surroundings {
  readonly space: SpaceGuard;
  readonly spec: LayoutSpec;
  readonly limits: JointLimits;
  readonly stopPath: StopPath;
  /** Of control, s. */
  readonly periodS: number;
}

/**
 * Keeps a policy from choosing what the gate would stop or slow down for what is around the arm, joint by joint as its
 * tokens are chosen. A joint's choice is looked at with the joints chosen before it, while those to come are taken to
 * move on as they did in the decision before; as the gate does, the stop that could follow is looked at as well.
 *
 * The gate has the last word: a joint that can clear nothing keeps its choice.
 */
export class SpaceMask {
  readonly #surroundings: Surroundings;
  /** By the decision before, rad, shape (J). */
  #movedRad: Float64Array;

  /** Owns the guard from now on, see dispose. */
  constructor(robot: RobotSpec, space: SpaceGuard, spec: LayoutSpec) {
    const limits = jointLimits(robot);
    const stopPath = new StopPath(limits, 1 / robot.rates.gateHz);
    this.#surroundings = { space, spec, limits, stopPath, periodS: 1 / robot.rates.controlHz };
    this.#movedRad = new Float64Array(robot.joints.length);
  }

  /** Forgets how the arm moved. */
  reset(): void {
    this.#movedRad = new Float64Array(this.#movedRad.length);
  }

  /** Looks at one decision. @param commandRad the last command sent; both in rad, shape (J) */
  review(commandRad: Float64Array, measuredRad: Float64Array): TokenReview {
    const guessRad = commandRad.map((position, joint) => position + at(this.#movedRad, joint));
    return new SpaceReview(this.#surroundings, { commandRad, measuredRad }, guessRad);
  }

  /** What was decided in the end, and on which command, rad, shape (J). */
  decided(targetRad: Float64Array, commandRad: Float64Array): void {
    this.#movedRad = targetRad.map((target, joint) => target - at(commandRad, joint));
  }

  /** Frees the guard. */
  dispose(): void {
    this.#surroundings.space.dispose();
  }
}

/** One decision. Of the later ticks of a chunk nothing is known yet, so their choices stand. */
class SpaceReview implements TokenReview {
  readonly #surroundings: Surroundings;
  readonly #from: DecodedFrom & { readonly commandRad: Float64Array };
  /** Joints that have chosen are where they go, the others where they are guessed to go. */
  readonly #poseRad: Float64Array;

  constructor(
    surroundings: Surroundings,
    from: DecodedFrom & { readonly commandRad: Float64Array },
    guessRad: Float64Array,
  ) {
    this.#surroundings = surroundings;
    this.#from = from;
    this.#poseRad = guessRad;
  }

  narrow(joint: number, bin: number, allowed: BinInterval): BinInterval | undefined {
    if (joint >= this.#poseRad.length || this.#isClear(joint, bin)) return undefined;
    const stay = this.#stayBin(joint, allowed);
    if (stay === bin || !this.#isClear(joint, stay)) return undefined;
    let [clear, refused] = [stay, bin];
    while (Math.abs(refused - clear) > 1) {
      const middle = Math.trunc((clear + refused) / 2);
      if (this.#isClear(joint, middle)) clear = middle;
      else refused = middle;
    }
    return bin > stay ? { low: allowed.low, high: clear } : { low: clear, high: allowed.high };
  }

  chose(joint: number, bin: number): void {
    if (joint < this.#poseRad.length) this.#poseRad[joint] = this.#target(joint, bin);
  }

  #target(joint: number, bin: number): number {
    return decodeBin(this.#surroundings.spec, joint, bin, this.#from);
  }

  #isClear(joint: number, bin: number): boolean {
    const { space, limits, stopPath, periodS } = this.#surroundings;
    const { commandRad } = this.#from;
    const positionsRad = this.#poseRad.slice();
    positionsRad[joint] = this.#target(joint, bin);
    const velocitiesRadPerS = positionsRad.map((to, index) => (to - at(commandRad, index)) / periodS);
    const accelerationsRadPerS2 = new Float64Array(positionsRad.length);
    const arriving = { positionsRad, velocitiesRadPerS, accelerationsRadPerS2 };
    const { clear, speedFactor } = space.check(stopPath.after(commandRad, arriving), periodS);
    const mostRadPerS = at(limits.velocityRadPerS, joint) * speedFactor;
    return clear && Math.abs(at(velocitiesRadPerS, joint)) <= mostRadPerS;
  }

  /** The allowed bin that moves the joint least. */
  #stayBin(joint: number, { low, high }: BinInterval): number {
    const command = at(this.#from.commandRad, joint);
    let [first, last] = [low, high];
    while (first < last) {
      const middle = Math.floor((first + last) / 2);
      if (this.#target(joint, middle) < command) first = middle + 1;
      else last = middle;
    }
    return first;
  }
}
