import type { SerialSpec } from '../robot/serial-spec.ts';
import { MIDDLE_TICK, shortWay, withinTurn } from './ticks.ts';

/** How a family of servos makes the position it reports from its encoder's. */
export interface EncoderConvention {
  /** Feetech reports encoder - homing offset, Dynamixel encoder + homing offset. */
  readonly offsetSign: 1 | -1;
  /** Largest homing offset its register holds, either way, ticks. */
  readonly largestOffset: number;
  /** The servo turns its encoder and its goals round by itself (Drive_Mode); otherwise the computer does. */
  readonly reversesItself: boolean;
}

export const ENCODER_CONVENTIONS: Readonly<Record<SerialSpec['protocol'], EncoderConvention>> = {
  feetech: { offsetSign: -1, largestOffset: 2047, reversesItself: false },
  dynamixel: { offsetSign: 1, largestOffset: 1_044_479, reversesItself: true },
};

/** The encoder's tick in [0, 4096) behind a reported position, whichever turn that is in. */
export function encoderTick(convention: EncoderConvention, reported: number, homingOffset: number): number {
  return withinTurn(reported - convention.offsetSign * homingOffset);
}

/**
 * The homing offset with which an encoder tick reads as the middle, 2047. Half a turn does not fit into Feetech's sign and
 * magnitude: that tick reads 2048, and `readsAt` tells it.
 */
export function homingOffset(
  convention: EncoderConvention,
  encoder: number,
): { readonly offset: number; readonly readsAt: number } {
  const wanted = 0 - shortWay(convention.offsetSign * (encoder - MIDDLE_TICK));
  const offset = Math.max(-convention.largestOffset, Math.min(convention.largestOffset, wanted));
  return { offset, readsAt: MIDDLE_TICK + convention.offsetSign * (offset - wanted) };
}
