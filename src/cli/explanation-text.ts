import type { TimelineSegment } from '../record/black-box-timeline.ts';
import type { Explanation } from './explain.ts';
import { REASONS } from '../safety/reasons.ts';
import { countOf } from './count-of.ts';
import { formatTable } from './table.ts';

/** An explanation as people read it: what it is, the timeline, the meaning of the reasons, the stop. */
export function explanationText(explanation: Explanation): string {
  const { stop, segments, replay, plot } = explanation;
  const rows = segments.map((segment) => [
    `${seconds(segment.fromS)} to ${seconds(segment.toS)}`,
    String(segment.ticks),
    segment.state,
    segment.asked ? 'target' : 'nothing',
    changed(segment),
    doing(segment),
  ]);
  const reasons = [...new Set(segments.flatMap((segment) => segment.reasons))];
  const meanings = Object.entries<string>(REASONS)
    .filter(([reason]) => reasons.includes(reason))
    .map(([reason, meaning]) => `  ${reason}: ${meaning}`);
  return [
    ...heading(explanation),
    '',
    formatTable(['time before end, s', 'ticks', 'state', 'asked', 'changed by, mrad', 'what the gate did'], rows),
    ...(meanings.length === 0 ? [] : ['', ...meanings]),
    '',
    stopLine(stop),
    ...cutLines(segments),
    ...(replay === null ? [] : [`Replay: all ${replay.ticks} ticks are the same to the bit.`]),
    ...(plot === null ? [] : [`plot ${plot}`]),
  ].join('\n');
}

function heading(explanation: Explanation): string[] {
  const { robot, cause, writtenAt, versions, ticks, limitsMatch, sha256, limitsSha256 } = explanation;
  const today = { true: 'as today', false: 'NOT those of today', null: 'of a robot not known here' }[
    String(limitsMatch)
  ];
  return [
    `${robot}: ${explanation.seconds.toFixed(2)} s, ${ticks} ticks at ${explanation.gateHz} Hz, until: ${cause}`,
    `written ${writtenAt} by Armature ${versions.armature} (Node.js ${versions.node}, ${versions.platform})`,
    `whole and unchanged, last hash ${sha256}`,
    `limits ${limitsSha256.slice(0, 16)}, ${today}`,
    ...explanation.told.map(({ fromS, words }) => `told from ${seconds(fromS)} s on: ${words}`),
  ];
}

function doing({ reasons, asked, state }: TimelineSegment): string {
  if (reasons.length > 0) return reasons.join(', ');
  return asked ? 'passed on unchanged' : state;
}

function changed({ largestChange }: TimelineSegment): string {
  if (largestChange === null || largestChange.rad === 0) return '';
  return `${(1000 * largestChange.rad).toFixed(1)} ${largestChange.joint}`;
}

function stopLine({ beganS, reasons, stillS, travel }: Explanation['stop']): string {
  if (beganS === null) return 'The arm followed to the last tick.';
  const why = reasons.length === 0 ? '' : ` (${reasons.join(', ')})`;
  const way = travel === null ? '' : ` after at most ${(1000 * travel.rad).toFixed(1)} mrad (${travel.joint})`;
  const end =
    stillS === null
      ? `It still moved at the end${way}.`
      : `It stood still ${(1000 * (stillS - beganS)).toFixed(0)} ms later${way}.`;
  return `The arm began to stop at ${seconds(beganS)} s${why}. ${end}`;
}

function cutLines(segments: readonly TimelineSegment[]): string[] {
  const count = segments.reduce((sum, { cutDecisions }) => sum + cutDecisions, 0);
  return count === 0
    ? []
    : [`${countOf(count, 'decision')} cut short by the deadline: joints that came last kept their last target.`];
}

function seconds(value: number): string {
  return value.toFixed(3).replace('-', '−');
}
