import { NS_PER_S } from '../core/clock.ts';
import type { BlackBoxFile, BlackBoxTick, JointValues } from './black-box-format.ts';

/** Ticks in a row at which the gate was in one state for the same reasons. Times are before the end, s, so not positive. */
export interface TimelineSegment {
  readonly fromS: number;
  readonly toS: number;
  readonly ticks: number;
  readonly state: string;
  /** True where the gate was asked for something. */
  readonly asked: boolean;
  readonly reasons: readonly string[];
  /** The joint whose command was furthest from what was asked; null where nothing usable was. */
  readonly largestChange: { readonly joint: string; readonly rad: number } | null;
  /** Oldest joint state in it, ms. */
  readonly oldestStateMs: number;
  /** Decisions that their deadline cut short: the joints that came last kept their last target. */
  readonly cutDecisions: number;
}

/** How the arm came to rest; all null while it moves to the last. */
export interface StopFacts {
  /** First tick after the last followed command. */
  readonly beganS: number | null;
  readonly reasons: readonly string[];
  /** First tick from which on no command moved. */
  readonly stillS: number | null;
  /** Furthest way of a joint in between. */
  readonly travel: { readonly joint: string; readonly rad: number } | null;
}

/** Seconds before the last tick at which a tick was. */
export function secondsBeforeEnd(ticks: readonly BlackBoxTick[], tick: BlackBoxTick): number {
  return (tick.timeNs - (ticks.at(-1)?.timeNs ?? tick.timeNs)) / NS_PER_S;
}

/** What the arm was told, and from when on, s before the end. */
export interface ToldWords {
  readonly fromS: number;
  readonly words: string;
}

/** All that the arm was told, in order of time; none of a file that does not hold it. */
export function toldWords({ ticks }: BlackBoxFile): ToldWords[] {
  return ticks.flatMap((tick) =>
    tick.instruction === undefined || tick.instruction === ''
      ? []
      : [{ fromS: secondsBeforeEnd(ticks, tick), words: tick.instruction }],
  );
}

/** What happened, in order of time; equal ticks in a row are one segment. */
export function timeline({ header, ticks }: BlackBoxFile): TimelineSegment[] {
  const names = header.robot.joints.map(({ name }) => name);
  const groups: BlackBoxTick[][] = [];
  for (const tick of ticks) {
    const group = groups.at(-1);
    const [first] = group ?? [];
    if (group !== undefined && first !== undefined && kindOf(first) === kindOf(tick)) group.push(tick);
    else groups.push([tick]);
  }
  return groups.map((group) => {
    const [first] = group as [BlackBoxTick];
    const ages = group.map(({ measured }) => measured.ageNs / 1e6);
    return {
      fromS: secondsBeforeEnd(ticks, first),
      toS: secondsBeforeEnd(ticks, group.at(-1) ?? first),
      ticks: group.length,
      state: first.state,
      asked: first.target !== null,
      reasons: first.reasons,
      largestChange: largestOf(
        group.map((tick) => change(tick)),
        names,
      ),
      oldestStateMs: Math.max(...ages),
      cutDecisions: group.filter(({ keptJoints = 0 }) => keptJoints > 0).length,
    };
  });
}

/** When and why the arm last stopped following, and how far it went then. */
export function stopFacts({ header, ticks }: BlackBoxFile): StopFacts {
  const none: StopFacts = { beganS: null, reasons: [], stillS: null, travel: null };
  const lastFollowed = ticks.findLastIndex(({ state }) => state === 'active' || state === 'reduced');
  const began = ticks[lastFollowed + 1];
  if (began === undefined) return none;
  const lastMotion = ticks.findLastIndex(({ emittedRad, previousRad }) =>
    emittedRad.some((position, joint) => position !== previousRad[joint]),
  );
  const still = ticks[Math.max(lastMotion, lastFollowed) + 1];
  const end = (still ?? ticks.at(-1) ?? began).emittedRad;
  const way = end.map((position, joint) => Math.abs(position - (began.previousRad[joint] ?? position)));
  const names = header.robot.joints.map(({ name }) => name);
  return {
    beganS: secondsBeforeEnd(ticks, began),
    reasons: began.reasons,
    stillS: still === undefined ? null : secondsBeforeEnd(ticks, still),
    travel: largestOf([way], names),
  };
}

/** Joint values as numbers; undefined for those that were not one per joint. */
export function numbersOf(values: JointValues | undefined): readonly number[] | undefined {
  return Array.isArray(values) ? values : undefined;
}

function kindOf({ state, reasons, target }: BlackBoxTick): string {
  return [state, target === null, ...reasons].join();
}

function change({ target, emittedRad }: BlackBoxTick): readonly number[] {
  const requested = numbersOf(target?.positionsRad);
  return requested === undefined
    ? []
    : emittedRad.map((position, joint) => Math.abs(position - (requested[joint] ?? position)));
}

function largestOf(
  rows: readonly (readonly number[])[],
  names: readonly string[],
): { readonly joint: string; readonly rad: number } | null {
  let largest: { joint: string; rad: number } | null = null;
  for (const row of rows) {
    for (const [joint, rad] of row.entries()) {
      // What was asked may have been no number.
      if (Number.isFinite(rad) && (largest === null || rad > largest.rad)) largest = { joint: names[joint] ?? '', rad };
    }
  }
  return largest;
}
