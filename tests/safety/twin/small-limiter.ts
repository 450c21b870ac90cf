import type { RobotSpec } from '../../../src/robot/robot-spec.ts';
import type { SpaceGuard, SpaceVerdict } from '../../../src/safety/space-guard.ts';

const stepS = 0.01;

/** One emitted command and the verdict on what was tried. */
export interface LimitedCommand {
  readonly positionsRad: Float64Array;
  readonly candidateRad: Float64Array;
  readonly verdict: SpaceVerdict;
}

/**
 * The least that keeps the contract of a space guard: velocity and acceleration limits, one factor for all joints,
 * a candidate only with a clear stop, and otherwise the stop that was clear one step earlier.
 */
export class SmallLimiter {
  readonly #guard: SpaceGuard;
  readonly #velocities: number[];
  readonly #accelerations: number[];
  #positions: Float64Array;
  #speeds: Float64Array;
  #stop: Float64Array[] = [];
  #factor = 1;

  constructor(robot: RobotSpec, guard: SpaceGuard, startRad: Float64Array) {
    this.#guard = guard;
    this.#velocities = robot.joints.map((joint) => joint.limits.velocityRadPerS);
    this.#accelerations = robot.joints.map((joint) => joint.limits.accelerationRadPerS2);
    this.#positions = startRad;
    this.#speeds = startRad.map(() => 0);
  }

  step(targetRad: Float64Array, isReduced = false): LimitedCommand {
    const candidate = this.#candidate(targetRad);
    const stop = this.#stopFrom(candidate.positions, candidate.speeds);
    const verdict = this.#guard.check([this.#positions, candidate.positions, ...stop], stepS, isReduced);
    this.#factor = verdict.speedFactor;
    const previous = this.#positions;
    if (verdict.clear) {
      this.#positions = candidate.positions;
      this.#stop = stop;
    } else {
      this.#positions = this.#stop[0] ?? previous;
      this.#stop = this.#stop.slice(1);
    }
    this.#speeds = this.#positions.map((value, joint) => (value - (previous[joint] ?? 0)) / stepS);
    return { positionsRad: this.#positions, candidateRad: candidate.positions, verdict };
  }

  #candidate(targetRad: Float64Array): { positions: Float64Array; speeds: Float64Array } {
    const wished = targetRad.map((value, joint) => (value - (this.#positions[joint] ?? 0)) / stepS);
    const share = Math.max(
      ...wished.map((speed, joint) => Math.abs(speed) / (this.#factor * (this.#velocities[joint] ?? 1))),
      1,
    );
    const speeds = wished.map((speed, joint) => {
      const change = (this.#accelerations[joint] ?? 1) * stepS;
      const present = this.#speeds[joint] ?? 0;
      return Math.min(present + change, Math.max(present - change, speed / share));
    });
    return { speeds, positions: this.#positions.map((value, joint) => value + (speeds[joint] ?? 0) * stepS) };
  }

  #stopFrom(positions: Float64Array, speeds: Float64Array): Float64Array[] {
    const poses: Float64Array[] = [];
    let [at, now] = [positions, speeds];
    while (now.some((speed) => speed !== 0)) {
      const keep = Math.max(
        ...now.map((speed, joint) => 1 - ((this.#accelerations[joint] ?? 1) * stepS) / Math.abs(speed || 1e-9)),
        0,
      );
      now = now.map((speed) => speed * keep);
      const [from, moving] = [at, now];
      at = from.map((value, joint) => value + (moving[joint] ?? 0) * stepS);
      poses.push(at);
    }
    return poses;
  }
}
