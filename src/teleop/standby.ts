/**
 * Brings an arm to rest and keeps it there: no target until the commands no longer move it, so that the gate brakes; from
 * then on the target is where it stands.
 */
export class Standby {
  #lastRad: Float64Array | undefined;

  /** The arm moves, or nobody knows: the next thing is to brake. */
  reset(): void {
    this.#lastRad = undefined;
  }

  /** @param commandRad the last command sent, rad, shape (J) */
  next(commandRad: Float64Array): Float64Array | undefined {
    const last = this.#lastRad;
    this.#lastRad = commandRad.slice();
    return last !== undefined && commandRad.every((value, joint) => value === last[joint])
      ? commandRad.slice()
      : undefined;
  }
}
