declare const minted: unique symbol;

/**
 * The only thing a driver accepts. The brand is not exported and `gate.ts` holds the one cast,
 * so a command that did not pass the gate does not compile.
 */
export interface SafeCommand {
  readonly [minted]: true;
  /** Joint positions to go to, rad, shape (J), joint order of the RobotSpec. */
  readonly positionsRad: Float64Array;
  /** When the gate emitted it, monotonic ns. */
  readonly stampNs: number;
}
