/** Steps of the encoder of an STS3215, an XL330 or an XL430. */
export const TICKS_PER_TURN = 4096;
/** Where the middle of a calibrated range reads, as in LeRobot: (4096 - 1) / 2, rounded down. */
export const MIDDLE_TICK = 2047;
export const RAD_PER_TICK = (2 * Math.PI) / TICKS_PER_TURN;

/** The same angle in [0, 4096). */
export function withinTurn(tick: number): number {
  return ((tick % TICKS_PER_TURN) + TICKS_PER_TURN) % TICKS_PER_TURN;
}

/** The same angle in [-2048, 2048): of a difference, the short way round. */
export function shortWay(ticks: number): number {
  return withinTurn(ticks + TICKS_PER_TURN / 2) - TICKS_PER_TURN / 2;
}
