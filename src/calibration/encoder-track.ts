import { NS_PER_S } from '../core/clock.ts';
import { RAD_PER_TICK, shortWay, TICKS_PER_TURN } from './ticks.ts';

/** Nobody turns a geared servo by hand faster than this, rad/s. */
const FASTEST_BY_HAND_RAD_PER_S = 12;
/** What play and noise of an encoder may add between two readings, ticks. */
const NOISE_TICKS = 24;
/** So many readings in a row that are refused, and agree among each other, mean that the joint is where they say. */
const AGREEING_READINGS = 5;
/** Readings whose median counts for the ends of a range: a single stray one is no end. */
const MEDIAN_READINGS = 3;
/** How many readings are looked at to tell whether a joint rests. */
const RESTING_READINGS = 10;
/** A joint rests while its readings, less the highest and the lowest, lie this close together, ticks (about 1 degree). */
const RESTING_TICKS = 12;

/**
 * One joint's encoder, followed across its wrap while somebody moves the joint. Ticks go on below 0 and above 4095.
 * Failed reads and jumps that the joint cannot have made are counted, and never become data.
 */
export interface EncoderTrack {
  readonly tick: number;
  readonly timeNs: number;
  readonly lowest: number;
  readonly highest: number;
  /** The newest last; at most RESTING_READINGS. */
  readonly recent: readonly number[];
  /** Reads that failed. */
  readonly failed: number;
  /** Readings that were refused. */
  readonly refused: number;
  /** How often it was not known which way the joint had turned: what was found until then is dropped. */
  readonly lost: number;
  /** The newest refused reading, and how many in a row agree with it. */
  readonly suspect: { readonly tick: number; readonly timeNs: number; readonly count: number } | undefined;
}

/** Begins to follow a joint at a reading. */
export function beginTrack(tick: number, timeNs: number): EncoderTrack {
  return {
    tick,
    timeNs,
    lowest: tick,
    highest: tick,
    recent: [tick],
    failed: 0,
    refused: 0,
    lost: 0,
    suspect: undefined,
  };
}

/**
 * Goes on to the next reading.
 * @param reading ticks in any turn; undefined for a read that failed.
 * @param timeNs of the reading, monotonic.
 */
export function followTrack(track: EncoderTrack, reading: number | undefined, timeNs: number): EncoderTrack {
  if (reading === undefined) return { ...track, failed: track.failed + 1 };
  const change = shortWay(reading - track.tick);
  const reach = reachTicks(timeNs - track.timeNs);
  if (Math.abs(change) > reach) return refuse(track, reading, timeNs);
  // After a long silence the joint may also have come the other way round.
  if (TICKS_PER_TURN - Math.abs(change) <= reach) return restart(track, reading, timeNs);
  const tick = track.tick + change;
  const recent = [...track.recent, tick].slice(-RESTING_READINGS);
  const end = median(recent.slice(-MEDIAN_READINGS));
  return {
    ...track,
    tick,
    timeNs,
    recent,
    lowest: Math.min(track.lowest, end),
    highest: Math.max(track.highest, end),
    suspect: undefined,
  };
}

/** The same joint with its range begun anew where it is. */
export function forgetRange(track: EncoderTrack): EncoderTrack {
  return { ...track, lowest: track.tick, highest: track.tick };
}

/** Where the joint rests, ticks; undefined while it moves or was read too seldom. */
export function restingTick({ recent }: EncoderTrack): number | undefined {
  if (recent.length < RESTING_READINGS) return undefined;
  const inner = recent.toSorted((a, b) => a - b).slice(1, -1);
  return (inner.at(-1) ?? 0) - (inner[0] ?? 0) <= RESTING_TICKS ? median(recent) : undefined;
}

function refuse(track: EncoderTrack, tick: number, timeNs: number): EncoderTrack {
  const { suspect } = track;
  const agrees =
    suspect !== undefined && Math.abs(shortWay(tick - suspect.tick)) <= reachTicks(timeNs - suspect.timeNs);
  const count = agrees ? suspect.count + 1 : 1;
  if (count >= AGREEING_READINGS) return restart(track, tick, timeNs);
  return { ...track, refused: track.refused + 1, suspect: { tick, timeNs, count } };
}

function restart(track: EncoderTrack, tick: number, timeNs: number): EncoderTrack {
  const { failed, refused, lost } = track;
  return { ...beginTrack(tick, timeNs), failed, refused, lost: lost + 1 };
}

function reachTicks(durationNs: number): number {
  return NOISE_TICKS + (FASTEST_BY_HAND_RAD_PER_S / RAD_PER_TICK) * (durationNs / NS_PER_S);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
