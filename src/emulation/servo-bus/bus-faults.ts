/** What is wrong with the wire; everything may be changed while the bus runs. */
export interface BusFaults {
  /** Share of the status packets before which some bytes of noise come, 0 to 1. */
  noise: number;
  /** Share of the status packets that lose one byte, 0 to 1. */
  lostByte: number;
  /** Share of the status packets with a wrong checksum or CRC, 0 to 1. */
  wrongCheck: number;
  /** Ids of servos that neither hear nor answer. */
  readonly silentIds: Set<number>;
}

export function noFaults(): BusFaults {
  return { noise: 0, lostByte: 0, wrongCheck: 0, silentIds: new Set() };
}
