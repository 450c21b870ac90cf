/*
 * Stopping one joint within its acceleration and jerk limits, A and J.
 *
 * A command sequence moves in steps of any length h > 0. The gate counts as an observer on the wire does:
 *
 *   a' = a + j h,   v' = v + a' h,   p' = p + v' h        with |j| <= J
 *
 * `heading` w = v + a |a| / 2J is the velocity left when a is taken to zero at full jerk; its sign says which way
 * the joint can still be made to rest. w = 0 is the landing curve: rest is reached with one ramp of a.
 * The distances below are those of continuous time. They hold in steps because sums of later values are no larger
 * than the integrals: shown at `stopAcceleration`.
 */

/** What a joint may brake with. */
export interface BrakeLimits {
  readonly accelerationRadPerS2: number;
  readonly jerkRadPerS3: number;
}

/** Velocity left when the acceleration is taken to zero at full jerk, rad/s. */
export function heading(velocity: number, acceleration: number, jerk: number): number {
  return velocity + (acceleration * Math.abs(acceleration)) / (2 * jerk);
}

/**
 * The acceleration of a step after which taking it to zero at full jerk changes the velocity by exactly `change`
 * in all, rad/s^2: the root x of x h + x |x| / 2J = change. With `change = -v` the joint lands at rest, with
 * `change = V - v` at the velocity V.
 */
export function landingAcceleration(change: number, stepS: number, jerk: number): number {
  const tick = jerk * stepS;
  const twice = 2 * jerk * Math.abs(change);
  // sqrt(tick^2 + twice) - tick, without its cancellation.
  const size = twice === 0 ? 0 : twice / (tick + Math.sqrt(tick * tick + twice));
  return change < 0 ? -size : size;
}

/** Distance, rad, of the quickest stop from a speed >= 0 without acceleration. */
function plainStop(speed: number, { accelerationRadPerS2: most, jerkRadPerS3: jerk }: BrakeLimits): number {
  // The acceleration reaches its limit in a trapezium, or only a peak below it in a triangle.
  return speed * jerk >= most * most ? (speed / 2) * (speed / most + most / jerk) : speed * Math.sqrt(speed / jerk);
}

/**
 * Signed displacement of the quickest stop, rad. It grows with velocity and with acceleration, so the end of a
 * stop is a measure of how far the joint is committed.
 *
 * With T = a / J and v0 = v + a^2 / 2J every state that heads upwards lies on the curve that leaves v0 without
 * acceleration (T > 0: it is still to come; T < 0: it has passed), hence plainStop(v0) + v0 T - J T^3 / 6.
 */
export function stopDisplacement(velocity: number, acceleration: number, limits: BrakeLimits): number {
  const jerk = limits.jerkRadPerS3;
  const side = heading(velocity, acceleration, jerk) < 0 ? -1 : 1;
  const ramp = (side * acceleration) / jerk;
  const peak = side * velocity + (side * acceleration * ramp) / 2;
  return side * (plainStop(peak, limits) + ramp * (peak - (jerk * ramp * ramp) / 6));
}

/**
 * How far above where it is the joint gets before it rests or returns, rad, >= 0. The joint may go no
 * further than this below a limit: that a stop within it exists after every step is shown at `stopAcceleration`.
 */
export function reachAbove(velocity: number, acceleration: number, limits: BrakeLimits): number {
  // Braking harder than these limits, by their reserve, does not count: the distance falls with acceleration.
  const braking = Math.max(acceleration, -limits.accelerationRadPerS2);
  if (heading(velocity, braking, limits.jerkRadPerS3) > 0)
    return Math.max(0, stopDisplacement(velocity, braking, limits));
  // It returns by itself. No later than from the landing curve at the same velocity: (2 J v)^1.5 / 6 J^2.
  return velocity > 0 ? (velocity * Math.sqrt((2 * velocity) / limits.jerkRadPerS3)) / 3 : 0;
}

/**
 * The acceleration of the next step of the quickest stop: as far against the motion as jerk J and A allow, but
 * never past the landing curve, so that the joint comes to rest without turning round.
 *
 * Claim. Let p be a joint with |a| <= A, |v| <= V, |w| <= V and p + reachAbove <= high (and the mirror image of it
 * below). After a step of ANY length h with the acceleration x given here, all of it holds again. So by
 * induction a stop within all limits is always possible, however long the later steps turn out to be.
 *
 * Proof, for w >= 0; w < 0 is its mirror image. L is the landing acceleration: x = max(L, a - J h, -A).
 *  - x <= min(a + J h, A): w >= 0 puts L at or below a + J h and A. After the step w' >= 0, since x >= L.
 *  - Velocity: x >= 0 gives w' = w - J h^2 / 2 <= w (or w' = 0 at L), and v' >= v; x < 0 gives 0 <= v' < v.
 *  - Below: v' >= 0 moves up. v' < 0 needs x > 0 and L > 0, and |v'| is at most what L leaves: next item, mirrored.
 *  - x = L, w' = 0, v > 0: with y = |L| / J h, the velocity was 2 J v = J^2 h^2 (y^2 + 2 y), and the rest of the way
 *    is v' h + |L|^3 / 6 J^2 = J h^3 (3 y^2 + y^3) / 6, the way from the landing curve before was
 *    J h^3 (y^2 + 2 y)^1.5 / 6. The first is no more: squared and divided by y^3 it reads
 *    y (3 + y)^2 <= (y + 2)^3. And no stop from v was shorter than the one on the landing curve.
 *    v <= 0 moves down: nothing to show.
 *  - x = a - J h >= 0: with T' = x / J and T = T' + h, the displacement up to zero acceleration is v T + J T^3 / 3
 *    before, and step and rest give v T + J T T' h + J T'^3 / 3. Less, because T^3 - T'^3 = h (T^2 + T T' + T'^2)
 *    >= 3 h T T'. The stop then begins at w' <= w.
 *  - x < 0, above L: the continuous stop has x <= a(s) for all s <= h, hence v' <= v(h), and as its velocity rises
 *    first and falls then, v' <= v(s) too, hence p' <= p(h). What remains to stop grows with v and with a.
 */
export function stopAcceleration(velocity: number, acceleration: number, stepS: number, limits: BrakeLimits): number {
  const { accelerationRadPerS2: most, jerkRadPerS3: jerk } = limits;
  const side = heading(velocity, acceleration, jerk) < 0 ? -1 : 1;
  const landing = landingAcceleration(-side * velocity, stepS, jerk);
  return side * Math.max(landing, side * acceleration - jerk * stepS, -most);
}
