import { setpointShape } from '../core/setpoint-shape.ts';
import type { SetpointShape } from '../core/setpoint-shape.ts';
import type { RobotSpec } from '../robot/robot-spec.ts';
import type { Range } from './acceleration-range.ts';
import { heading, reachAbove } from './braking.ts';
import type { BrakeLimits } from './braking.ts';
import { at, jointLimits } from './joint-limits.ts';
import type { JointLimits, Motion } from './joint-limits.ts';
import { largestWithin } from './solve.ts';

/** Kept from every limit, relative: differences of positions are rounded, here and in the gate. */
const MARGIN = 1e-6;
/** Kept from the soft limits, rad. */
const MARGIN_RAD = 1e-9;

/** One joint, mirrored so that the limit looked at lies above. */
interface Joint {
  readonly position: number;
  readonly velocity: number;
  readonly acceleration: number;
  readonly highest: number;
  readonly speed: number;
  readonly brake: BrakeLimits;
}

/**
 * Where a joint may be sent within one control period so that the gate changes nothing on the way that a setpoint
 * takes to a gentle target, see setpointShape. At each of its ticks this is what the gate asks: velocity, acceleration
 * and jerk within their limits, the velocity also with what the acceleration still adds; for a joint at rest, a first
 * step that could be taken back at once; and a stop within the soft limits.
 *
 * Holds for a gate that passed the step before unchanged and is asked punctually, and as long as nothing else
 * (a stale sensor, a lowered speed, the space around the arm) makes it intervene. Never empty; where no target
 * passes, it is the one that comes nearest.
 *
 * Besides, the velocity it leaves can be braked away by periods of the same kind: without that the next one could
 * begin where nothing passes.
 */
export class PassableTargets {
  readonly #limits: JointLimits;
  readonly #stepS: number;
  readonly #shape: SetpointShape;

  constructor(robot: RobotSpec) {
    this.#limits = jointLimits(robot);
    this.#stepS = 1 / robot.rates.gateHz;
    this.#shape = setpointShape(Math.round(robot.rates.gateHz / robot.rates.controlHz));
  }

  /** @param motion of the commands so far. Targets in rad, each of shape (J). */
  range(motion: Motion): Range {
    const { length } = motion.positionsRad;
    const range = { low: new Float64Array(length), high: new Float64Array(length) };
    for (let index = 0; index < length; index += 1) {
      const up = this.#joint(motion, index, 1);
      const most = this.#mostChange(up);
      const highest = this.#highestChange(up, most);
      const lowest = -this.#highestChange(this.#joint(motion, index, -1), { low: -most.high, high: -most.low });
      // Rounding alone, or a gate that had to intervene, leaves nothing in between.
      const [low, high] = lowest <= highest ? [lowest, highest] : [highest, highest];
      range.low[index] = this.#end(up, low);
      range.high[index] = this.#end(up, high);
    }
    return range;
  }

  #joint(motion: Motion, index: number, sign: 1 | -1): Joint {
    const limit = sign === 1 ? at(this.#limits.softHighRad, index) : -at(this.#limits.softLowRad, index);
    const position = sign * at(motion.positionsRad, index);
    const { accelerationRadPerS2, jerkRadPerS3 } = this.#limits.brakes[index] as BrakeLimits;
    return {
      position,
      velocity: sign * at(motion.velocitiesRadPerS, index),
      acceleration: sign * at(motion.accelerationsRadPerS2, index),
      // Armed beyond a soft limit, a joint may stay and go back.
      highest: Math.max(limit - MARGIN_RAD, position),
      speed: at(this.#limits.velocityRadPerS, index) * (1 - MARGIN),
      brake: {
        accelerationRadPerS2: accelerationRadPerS2 * (1 - MARGIN),
        jerkRadPerS3: jerkRadPerS3 * (1 - MARGIN),
      },
    };
  }

  /** Changes of velocity over the period, rad/s, that acceleration and jerk allow. */
  #mostChange({ velocity, acceleration, brake }: Joint): { readonly low: number; readonly high: number } {
    const stepS = this.#stepS;
    const tick = brake.jerkRadPerS3 * stepS;
    const first = (this.#shape.accelerationShares[0] ?? 1) / stepS;
    const most = Math.min(this.#steadyChange(brake), velocity === 0 ? tick / (2 * first) : Infinity);
    const low = Math.max(-most, (acceleration - tick) / first);
    const high = Math.min(most, (acceleration + tick) / first);
    return low <= high ? { low, high } : { low: Math.min(high, most), high: Math.min(high, most) };
  }

  /** What one control period can change a steady velocity by, rad/s. */
  #steadyChange({ accelerationRadPerS2, jerkRadPerS3 }: BrakeLimits): number {
    const { accelerationShares: shares } = this.#shape;
    const steepest = shares.map((share, tick) =>
      Math.max(Math.abs(share - (shares[tick - 1] ?? 0)), share - (shares[tick + 1] ?? 0)),
    );
    const byJerk = (jerkRadPerS3 * this.#stepS * this.#stepS) / Math.max(...steepest);
    return Math.min((accelerationRadPerS2 * this.#stepS) / Math.max(...shares), byJerk);
  }

  /** The largest change of velocity in a range that velocity and position above allow. */
  #highestChange(joint: Joint, { low, high }: { readonly low: number; readonly high: number }): number {
    const { brake, speed, velocity, highest, position } = joint;
    const { accelerationShares, velocityShares, meanShare } = this.#shape;
    const stepS = this.#stepS;
    const periodS = velocityShares.length * stepS;
    const gentle = this.#steadyChange(brake);
    const excess = (change: number): number => {
      let most = -Infinity;
      let reached = position;
      velocityShares.forEach((share, tick) => {
        const next = velocity + change * share;
        const adding = Math.max(0, (change * (accelerationShares[tick] ?? 0)) / stepS);
        reached += next * stepS;
        const tooFast = heading(next, adding, brake.jerkRadPerS3) - speed;
        const tooFar = reached + reachAbove(next, adding, brake) - highest;
        // One is counted in rad/s, the other in rad: only the sign matters.
        most = Math.max(most, tooFast, tooFar);
      });
      const last = Math.max(0, velocity + change);
      // Of braking by `gentle` in each period; the second part is what its ramps cost.
      const braking = periodS * ((last * last) / (2 * gentle) + (1 - meanShare) * last);
      return Math.max(most, reached + braking - highest);
    };
    return largestWithin(excess, low, high);
  }

  #end({ position, velocity }: Joint, change: number): number {
    const { velocityShares, meanShare } = this.#shape;
    return position + (velocity + change * meanShare) * velocityShares.length * this.#stepS;
  }
}
