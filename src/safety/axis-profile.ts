import { heading, stopDisplacement } from './braking.ts';
import type { BrakeLimits } from './braking.ts';
import { largestWithin } from './solve.ts';

export interface AxisLimits extends BrakeLimits {
  readonly velocityRadPerS: number;
}

export interface AxisState {
  readonly position: number;
  readonly velocity: number;
  readonly acceleration: number;
}

/** A time of constant jerk. */
export interface JerkSegment {
  readonly durationS: number;
  readonly jerkRadPerS3: number;
}

/** How one joint gets from a state to rest at a target. */
export interface AxisProfile {
  readonly start: AxisState;
  readonly segments: readonly JerkSegment[];
  readonly durationS: number;
}

/**
 * The quickest way from any state to rest at a target, in continuous time. Pushed towards the target as hard as
 * jerk, acceleration and velocity limits allow, the end of the quickest stop moves towards it all the time; where it
 * meets the target, the stop begins. Time-optimal for the same reason as bang-bang control is: every other way
 * is behind this one until then.
 *
 * @param start may be faster than the limits; then it is brought within them on the way.
 */
export function quickestProfile(start: AxisState, target: number, limits: AxisLimits): AxisProfile {
  const rest = target - start.position - stopDisplacement(start.velocity, start.acceleration, limits);
  if (Math.abs(rest) <= ARRIVAL) return profileOf(start, stopSegments(start.velocity, start.acceleration, limits));
  const direction = Math.sign(rest);
  const excess = (state: AxisState): number =>
    direction * (state.position + stopDisplacement(state.velocity, state.acceleration, limits) - target);
  const segments: JerkSegment[] = [];
  let state = start;
  for (const segment of velocitySegments(start, direction * limits.velocityRadPerS, limits)) {
    const next = after(state, segment.durationS, segment.jerkRadPerS3);
    if (excess(next) >= 0) {
      const { jerkRadPerS3 } = segment;
      const [from, span] = [state, segment.durationS];
      const durationS = largestWithin((timeS) => excess(after(from, timeS, jerkRadPerS3)), 0, span);
      state = after(from, durationS, jerkRadPerS3);
      segments.push({ durationS, jerkRadPerS3 });
      return profileOf(start, [...segments, ...stopSegments(state.velocity, state.acceleration, limits)]);
    }
    segments.push(segment);
    state = next;
  }
  segments.push({ durationS: -excess(state) / limits.velocityRadPerS, jerkRadPerS3: 0 });
  return profileOf(start, [...segments, ...stopSegments(state.velocity, state.acceleration, limits)]);
}

/**
 * A way to the target that takes `durationS`, not less than the quickest: the same with a lower speed in the
 * middle. Where the joint could only get there sooner or later than asked, the soonest after it.
 */
export function stretchedProfile(start: AxisState, target: number, limits: AxisLimits, durationS: number): AxisProfile {
  const quickest = quickestProfile(start, target, limits);
  if (quickest.durationS >= durationS * (1 - SYNCHRONY)) return quickest;
  const rest = target - start.position - stopDisplacement(start.velocity, start.acceleration, limits);
  // There already, or so near that no speed is low enough: it waits there for the others.
  if (Math.abs(rest) <= NEAR) return quickest;
  const direction = rest < 0 ? -1 : 1;
  const cruise = (speed: number): Cruise => cruiseAt(start, target, { speed, direction }, limits);
  // The fastest middle that does not pass the target, and of those the fastest that takes long enough.
  const highest = largestWithin((speed) => -cruise(speed).wayRad, 0, limits.velocityRadPerS);
  const speed = largestWithin((value) => durationS - cruise(value).profile.durationS, 0, highest);
  return cruise(speed).profile;
}

/** The position, velocity and acceleration at a time after the start of a profile; at rest after its end. */
export function stateAt({ start, segments }: AxisProfile, timeS: number): AxisState {
  let state = start;
  let left = Math.max(0, timeS);
  for (const { durationS, jerkRadPerS3 } of segments) {
    state = after(state, Math.min(left, durationS), jerkRadPerS3);
    left -= durationS;
    if (left <= 0) return state;
  }
  return { position: state.position, velocity: 0, acceleration: 0 };
}

/** Distance to the target below which the stop itself is the way there, rad. */
const ARRIVAL = 1e-12;
/** Distance below which a joint does not take longer than it must, rad. */
const NEAR = 1e-9;
/** Durations so nearly equal count as equal, relative. */
const SYNCHRONY = 1e-9;

interface Cruise {
  readonly profile: AxisProfile;
  /** What is left to go at constant velocity, rad; negative when the target would be passed. */
  readonly wayRad: number;
}

interface Middle {
  /** >= 0, rad/s. */
  readonly speed: number;
  readonly direction: 1 | -1;
}

/** To a velocity, on with it, and to a stop at the target. Endless at velocity 0. */
function cruiseAt(start: AxisState, target: number, { speed, direction }: Middle, limits: AxisLimits): Cruise {
  const velocity = direction * speed;
  const before = velocitySegments(start, velocity, limits);
  const reached = before.reduce((state, { durationS, jerkRadPerS3 }) => after(state, durationS, jerkRadPerS3), start);
  const way = target - reached.position - stopDisplacement(velocity, 0, limits);
  const wayRad = direction * way;
  const durationS = wayRad > 0 ? wayRad / speed : 0;
  const segments = [...before, { durationS, jerkRadPerS3: 0 }, ...stopSegments(velocity, 0, limits)];
  return { profile: profileOf(start, segments), wayRad };
}

/** The quickest way to a velocity, without acceleration at its end: a stop as seen from that velocity. */
function velocitySegments(start: AxisState, velocity: number, limits: AxisLimits): JerkSegment[] {
  return stopSegments(start.velocity - velocity, start.acceleration, limits);
}

/** The quickest stop: acceleration against the motion, up to its limit or to a peak below it, and back to zero. */
function stopSegments(velocity: number, acceleration: number, limits: BrakeLimits): JerkSegment[] {
  const { accelerationRadPerS2: most, jerkRadPerS3: jerk } = limits;
  const side = heading(velocity, acceleration, jerk) < 0 ? -1 : 1;
  const along = side * acceleration;
  // Where the velocity would be largest, had the acceleration always fallen at this jerk.
  const peak = side * velocity + (along * along) / (2 * jerk);
  const braking = Math.min(most, Math.sqrt(Math.max(0, peak) * jerk));
  const first = Math.max(0, (along + braking) / jerk);
  const hold = braking < most ? 0 : Math.max(0, (peak - (most * most) / jerk) / most);
  const segments = [
    { durationS: first, jerkRadPerS3: -side * jerk },
    { durationS: hold, jerkRadPerS3: 0 },
    { durationS: braking / jerk, jerkRadPerS3: side * jerk },
  ];
  return segments.filter(({ durationS }) => durationS > 0);
}

function after({ position, velocity, acceleration }: AxisState, timeS: number, jerk: number): AxisState {
  return {
    position: position + timeS * (velocity + timeS * (acceleration / 2 + (timeS * jerk) / 6)),
    velocity: velocity + timeS * (acceleration + (timeS * jerk) / 2),
    acceleration: acceleration + timeS * jerk,
  };
}

function profileOf(start: AxisState, segments: readonly JerkSegment[]): AxisProfile {
  return { start, segments, durationS: segments.reduce((sum, { durationS }) => sum + durationS, 0) };
}
