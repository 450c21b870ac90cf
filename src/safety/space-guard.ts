import type { Reason } from './reasons.ts';

/** What the space around the arm says to a candidate command. */
export interface SpaceVerdict {
  /** False: the candidate must not be emitted; the stop that was found clear one tick earlier is followed. */
  readonly clear: boolean;
  /**
   * In (0, 1]: what to multiply the velocity limits of all joints by from here on. It depends on the pose and the
   * direction of motion, not on the present speed, so that applying it does not make the arm hunt. A command
   * already slower than the limits it gives passes unchanged.
   */
  readonly speedFactor: number;
  /** Of a verdict that is not clear: why not. Of a clear one: why the speed factor is below 1. */
  readonly reasons: readonly Reason[];
  /** What the first reason is about: a zone, a pair of links, the table; undefined where there is no reason. */
  readonly where: string | undefined;
}

/**
 * Knows where the arm may be. It never bends a path: it says whether a candidate may be emitted.
 *
 * A candidate is emitted only if it and every pose of the stop that could follow it are clear. Otherwise the
 * stop from the previous command is followed, which was found clear when that command was. The arm starts at
 * rest, where the stop is the pose itself. By induction a clear stop exists at every tick.
 *
 * A pose that is not clear where the arm already stands (armed there, or an obstacle was added) does not lock
 * it in: poses that are no nearer to it than `path[0]` count as clear, so that the arm can be moved out.
 *
 * Deterministic: equal sequences of calls give equal verdicts. It never throws: a failure is `clear: false`.
 */
export interface SpaceGuard {
  /**
   * @param path joint positions, rad, each of shape (J) in joint order of the RobotSpec: `path[0]` is the previous
   *   command, `path[1]` the candidate, and what follows the stop from it to standstill, one pose per gate step.
   * @param stepS time between poses, s.
   * @param isReduced true where the speed limit of reduced mode holds. Default false.
   */
  check(path: readonly Float64Array[], stepS: number, isReduced?: boolean): SpaceVerdict;
  /** Frees what it holds outside of collected memory; it must not be asked afterwards. */
  dispose(): void;
}

/** The verdict on a path that nothing stands against. */
export const CLEAR: SpaceVerdict = { clear: true, speedFactor: 1, reasons: [], where: undefined };

/** For arms without a model of their shape: nothing is known about the space, so nothing is refused. */
export const openSpace: SpaceGuard = { check: () => CLEAR, dispose: () => undefined };
