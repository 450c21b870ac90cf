import type { Lane, Span } from './replay-messages.ts';

/** Runs of rows with the same text, in order; rows without one (undefined) are in none. */
export function spansOf(texts: readonly (string | undefined)[]): Span[] {
  const spans: { fromRow: number; toRow: number; text: string }[] = [];
  texts.forEach((text, row) => {
    const last = spans.at(-1);
    if (text === undefined) return;
    if (last !== undefined && last.text === text && last.toRow === row - 1) last.toRow = row;
    else spans.push({ fromRow: row, toRow: row, text });
  });
  return spans;
}

/** A lane of the rows of which something is true; undefined where it never is. */
export function laneWhere(name: string, isSo: readonly boolean[]): Lane | undefined {
  const spans = spansOf(isSo.map((flag) => (flag ? name : undefined)));
  return spans.length === 0 ? undefined : { name, kind: 'words', spans };
}

/** A lane of the states of the gate and one of each of its reasons, in the order in which they first came. */
export function gateLanes(ticks: readonly { readonly state: string; readonly reasons: readonly string[] }[]): Lane[] {
  const reasons = [...new Set(ticks.flatMap((tick) => tick.reasons))];
  return [
    { name: 'gate', kind: 'state', spans: spansOf(ticks.map(({ state }) => state)) },
    ...reasons.map((reason): Lane => {
      const texts = ticks.map((tick) => (tick.reasons.includes(reason) ? reason : undefined));
      return { name: reason, kind: 'reason', spans: spansOf(texts) };
    }),
  ];
}
