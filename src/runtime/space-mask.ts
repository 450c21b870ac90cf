import { decodeBin } from '../actions/action-codec.ts';
import type { BinInterval } from '../actions/allowed-bins.ts';
import type { TokenReview } from '../policy/engine.ts';
import type { RobotSpec } from '../robot/robot-spec.ts';
import { at, jointLimits } from '../safety/joint-limits.ts';
import type { JointLimits } from '../safety/joint-limits.ts';
import type { SpaceGuard } from '../safety/space-guard.ts';
import { StopPath } from '../safety/stop-path.ts';
import type { LayoutSpec } from '../tokens/layout-spec.ts';

/**
 * Keeps a policy from choosing what the gate would stop or slow down for what is around the arm, joint by joint as its tokens
 * are chosen. A joint's choice is looked at with the joints chosen before it, while those to come are taken to move
 * on as they did in the decision before; as the gate does, the stop that could follow is looked at as well.
 *
 * The gate has the last word: a joint that can clear nothing keeps its choice.
 */
export class SpaceMask implements TokenReview {
  readonly #space: SpaceGuard;
  readonly #spec: LayoutSpec;
  readonly #limits: JointLimits;
  readonly #stopPath: StopPath;
  readonly #periodS: number;
  #from: { readonly commandRad: Float64Array; readonly measuredRad: Float64Array };
  /** Of the decision before. */
  #movedRad: Float64Array;
  readonly #poseRad: Float64Array;

  /** Owns the guard from now on, see dispose. */
  constructor(robot: RobotSpec, space: SpaceGuard, spec: LayoutSpec) {
    const joints = robot.joints.length;
    this.#space = space;
    this.#spec = spec;
    this.#limits = jointLimits(robot);
    this.#stopPath = new StopPath(this.#limits, 1 / robot.rates.gateHz);
    this.#periodS = 1 / robot.rates.controlHz;
    this.#from = { commandRad: new Float64Array(joints), measuredRad: new Float64Array(joints) };
    this.#movedRad = new Float64Array(joints);
    this.#poseRad = new Float64Array(joints);
  }

  /** Forgets how the arm moved. */
  reset(): void {
    this.#movedRad.fill(0);
  }

  /** A decision begins. @param commandRad the last command sent; both in rad, shape (J) */
  begin(commandRad: Float64Array, measuredRad: Float64Array): void {
    this.#from = { commandRad, measuredRad };
    this.#poseRad.set(commandRad.map((position, joint) => position + at(this.#movedRad, joint)));
  }

  /**
   * A joint chose a bin. Returns the bins, of those allowed, among which it must choose again; undefined where its choice
   * stands. To be asked in the order of the joints; of the later ticks of a chunk nothing is known yet.
   */
  narrow(joint: number, bin: number, allowed: BinInterval): BinInterval | undefined {
    if (joint >= this.#poseRad.length || this.#isClear(joint, bin)) return undefined;
    const stay = this.#stayBin(joint, allowed);
    if (stay === bin || !this.#isClear(joint, stay)) {
      this.#set(joint, bin);
      return undefined;
    }
    let [clear, refused] = [stay, bin];
    while (Math.abs(refused - clear) > 1) {
      const middle = Math.trunc((clear + refused) / 2);
      if (this.#isClear(joint, middle)) clear = middle;
      else refused = middle;
    }
    return bin > stay ? { low: allowed.low, high: clear } : { low: clear, high: allowed.high };
  }

  /** What a joint chose in the end. */
  chose(joint: number, bin: number): void {
    if (joint < this.#poseRad.length) this.#set(joint, bin);
  }

  /** The decision's target, rad, shape (J). */
  end(targetRad: Float64Array): void {
    this.#movedRad = targetRad.map((target, joint) => target - at(this.#from.commandRad, joint));
  }

  /** Frees the guard. */
  dispose(): void {
    this.#space.dispose();
  }

  #set(joint: number, bin: number): void {
    this.#poseRad[joint] = decodeBin(this.#spec, joint, bin, this.#from);
  }

  #isClear(joint: number, bin: number): boolean {
    this.#set(joint, bin);
    const positionsRad = this.#poseRad.slice();
    const velocitiesRadPerS = positionsRad.map((to, index) => (to - at(this.#from.commandRad, index)) / this.#periodS);
    const accelerationsRadPerS2 = new Float64Array(positionsRad.length);
    const arriving = { positionsRad, velocitiesRadPerS, accelerationsRadPerS2 };
    const { clear, speedFactor } = this.#space.check(
      this.#stopPath.after(this.#from.commandRad, arriving),
      this.#periodS,
    );
    const mostRadPerS = at(this.#limits.velocityRadPerS, joint) * speedFactor;
    return clear && Math.abs(at(velocitiesRadPerS, joint)) <= mostRadPerS;
  }

  /** The allowed bin that moves the joint least. */
  #stayBin(joint: number, { low, high }: BinInterval): number {
    const command = at(this.#from.commandRad, joint);
    let [first, last] = [low, high];
    while (first < last) {
      const middle = Math.floor((first + last) / 2);
      if (decodeBin(this.#spec, joint, middle, this.#from) < command) first = middle + 1;
      else last = middle;
    }
    return first;
  }
}
