import { at } from '../joint-limits.ts';
import type { Twin } from './twin.ts';

/** Longest path that is judged, poses. */
const MOST_POSES = 512;

/** The poses of one path, and the twin that stands in one of them at a time. Nothing is allocated per path. */
export class PathPoses {
  readonly twin: Twin;
  readonly #jointCount: number;
  readonly #gripperM = new Float64Array(3 * MOST_POSES);
  readonly #isGripperKnown = new Uint8Array(MOST_POSES);
  #path: readonly Float64Array[] = [];
  #standing = -1;

  constructor(twin: Twin, jointCount: number) {
    this.twin = twin;
    this.#jointCount = jointCount;
  }

  /** Takes a path on; false when it is none: too short, too long, or not of finite poses of J joints. */
  begin(path: readonly Float64Array[]): boolean {
    this.#path = path;
    this.#standing = -1;
    this.#isGripperKnown.fill(0);
    return path.length >= 2 && path.length <= MOST_POSES && path.every((pose) => this.#isPose(pose));
  }

  get count(): number {
    return this.#path.length;
  }

  pose(index: number): Float64Array {
    return this.#path[index] as Float64Array;
  }

  /** Puts the twin into a pose of the path. */
  stand(index: number): void {
    if (this.#standing === index) return;
    this.twin.setPose(this.pose(index));
    this.#standing = index;
    if (this.#isGripperKnown[index] === 1) return;
    this.twin.copyGripperPosition(this.#gripperM, 3 * index);
    this.#isGripperKnown[index] = 1;
  }

  /** Puts the twin into a pose that is not of the path. */
  standIn(pose: Float64Array): void {
    this.twin.setPose(pose);
    this.#standing = -1;
  }

  /** Straight distance of the gripper frame at one pose from that at the next, m. */
  gripperStepM(index: number): number {
    for (const known of [index, index + 1]) if (this.#isGripperKnown[known] === 0) this.stand(known);
    const [from, to] = [3 * index, 3 * index + 3];
    const all = this.#gripperM;
    return Math.hypot(
      at(all, to) - at(all, from),
      at(all, to + 1) - at(all, from + 1),
      at(all, to + 2) - at(all, from + 2),
    );
  }

  #isPose(pose: Float64Array): boolean {
    if (!(pose instanceof Float64Array) || pose.length !== this.#jointCount) return false;
    for (let joint = 0; joint < pose.length; joint += 1) if (!Number.isFinite(at(pose, joint))) return false;
    return true;
  }
}
