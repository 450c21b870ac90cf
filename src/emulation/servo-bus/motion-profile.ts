/**
 * The set point that a servo's position loop follows on the way to its goal: it never goes faster than `velocityLimit`, and
 * gains and loses speed by `accelerationLimit` at most. In ticks and seconds; limits may be Infinity.
 */
export class MotionProfile {
  position = 0;
  velocity = 0;

  /** Begins anew at rest, or in the joint's motion. */
  restart(position: number, velocity = 0): void {
    this.position = position;
    this.velocity = velocity;
  }

  step(goal: number, dtS: number, limits: { readonly velocity: number; readonly acceleration: number }): void {
    const distance = goal - this.position;
    // So fast that it can still stop at the goal, seen from the middle of this step.
    const stoppable = Number.isFinite(limits.acceleration)
      ? Math.sqrt(2 * limits.acceleration * Math.abs(distance))
      : Infinity;
    const fastest = Math.min(limits.velocity, stoppable, Math.abs(distance) / dtS);
    const wanted = Math.sign(distance) * fastest;
    const change = limits.acceleration * dtS;
    this.velocity = Math.min(this.velocity + change, Math.max(this.velocity - change, wanted));
    const next = this.position + this.velocity * dtS;
    const reaches = (goal - this.position) * (goal - next) <= 0 && Math.abs(wanted - this.velocity) <= change;
    this.position = reaches ? goal : next;
    if (reaches) this.velocity = 0;
  }
}
