import type { TrackMessage } from './replay-messages.ts';

/** How far two episodes are from each other in one joint, in the unit of its positions; second less first. */
export interface JointDifference {
  readonly joint: string;
  /** Root of the mean square over the time they share; null where nothing was measured. */
  readonly rms: number | null;
  readonly largest: { readonly difference: number; readonly timeS: number } | null;
  /** Where each stood when it ended. */
  readonly atEnd: number | null;
}

export interface Comparison {
  /** Rows of the first that the second has, too: both count from their beginning. */
  readonly sharedRows: number;
  readonly sharedS: number;
  /** How much longer the second takes, s. */
  readonly longerS: number;
  readonly joints: readonly JointDifference[];
}

type Measured = Pick<TrackMessage, 'timesS' | 'joints' | 'measured' | 'robot' | 'unit'>;

/** Why two episodes cannot be compared; empty where they can. */
export function notComparable(first: Measured, second: Measured): string {
  const names = ({ joints }: Measured): string => joints.map(({ name }) => name).join(', ');
  if (names(first) !== names(second)) return `They are of other joints: ${names(first)}, and ${names(second)}.`;
  if (first.unit !== second.unit)
    return `They are in other units: ${first.unit || 'not said'}, and ${second.unit || 'not said'}.`;
  if (first.measured.length === 0 || second.measured.length === 0) return 'One of them holds no measured positions.';
  return '';
}

/** A line at a time between the rows around it; undefined before the first row, and next to a row without a value. */
function between(
  timesS: readonly number[],
  values: readonly (number | null)[],
  { timeS, after }: { readonly timeS: number; readonly after: number },
): number | undefined {
  const [laterS = 0, later = null] = [timesS[after], values[after]];
  if (laterS === timeS) return later ?? undefined;
  const [earlierS, earlier = null] = [timesS[after - 1], values[after - 1]];
  if (earlierS === undefined || earlier === null || later === null) return undefined;
  return earlier + ((later - earlier) * (timeS - earlierS)) / (laterS - earlierS);
}

/** A line of the second episode at the times of the first; null where the second has no value then. */
export function alignedTo(
  timesS: readonly number[],
  otherTimesS: readonly number[],
  values: readonly (number | null)[],
): (number | null)[] {
  let after = 0;
  return timesS.map((timeS) => {
    while (after < otherTimesS.length && (otherTimesS[after] ?? 0) < timeS) after += 1;
    return after === otherTimesS.length ? null : (between(otherTimesS, values, { timeS, after }) ?? null);
  });
}

/** Both from their beginning, at the times of the first. */
export function compare(first: Measured, second: Measured): Comparison {
  const endS = Math.min(first.timesS.at(-1) ?? 0, second.timesS.at(-1) ?? 0);
  const timesS = first.timesS.filter((timeS) => timeS <= endS);
  return {
    sharedRows: timesS.length,
    sharedS: timesS.at(-1) ?? 0,
    longerS: (second.timesS.at(-1) ?? 0) - (first.timesS.at(-1) ?? 0),
    joints: first.joints.map(({ name }, joint) => {
      const others = alignedTo(timesS, second.timesS, second.measured[joint] ?? []);
      const own = first.measured[joint] ?? [];
      const differences = timesS.flatMap((timeS, row) => {
        const [a, b] = [own[row] ?? null, others[row] ?? null];
        return a === null || b === null ? [] : [{ difference: b - a, timeS }];
      });
      const ends = [own.at(-1) ?? null, second.measured[joint]?.at(-1) ?? null] as const;
      return {
        joint: name,
        rms: rootMeanSquare(differences.map(({ difference }) => difference)),
        largest: largestOf(differences),
        atEnd: ends[0] === null || ends[1] === null ? null : ends[1] - ends[0],
      };
    }),
  };
}

function rootMeanSquare(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
}

function largestOf(
  differences: readonly { readonly difference: number; readonly timeS: number }[],
): JointDifference['largest'] {
  return differences.reduce<JointDifference['largest']>(
    (largest, found) => (Math.abs(found.difference) > Math.abs(largest?.difference ?? 0) ? found : (largest ?? found)),
    null,
  );
}
