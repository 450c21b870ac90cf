import type { DatasetSummary } from '../runtime/recording/dataset-summary.ts';
import type { Spread } from '../runtime/recording/recording-figures.ts';
import { countOf } from './count-of.ts';
import { formatBytes, formatSeconds, precise } from './report/dataset-tables.ts';
import { formatTable } from './table.ts';

/** A dataset's summary for a person: facts, then tables. */
export function formatDatasetSummary(summary: DatasetSummary): string {
  const { sizes, lengths, written, latenessMs, periodMs, succeeded, interventionShare } = summary;
  const content = [
    countOf(summary.episodes, 'episode'),
    countOf(summary.frames, 'frame'),
    formatSeconds(summary.durationS),
  ];
  const bytes = { data: sizes.dataBytes, videos: sizes.videoBytes, metadata: sizes.metadataBytes };
  const facts: Readonly<Record<string, string | null>> = {
    robot: summary.robotType ?? 'not named',
    format: `LeRobotDataset ${summary.codebaseVersion}, ${summary.fps} frames a second`,
    content: content.join(', '),
    lengths:
      lengths &&
      `${precise(lengths.shortestS)} to ${precise(lengths.longestS)} s, median ${precise(lengths.medianS)} s`,
    size: Object.entries(bytes)
      .map(([what, count]) => `${what} ${formatBytes(count)}`)
      .join(', '),
    written: written && `${written.first} to ${written.last}`,
    succeeded: succeeded === null ? null : `${succeeded} of ${summary.episodes}`,
    lateness: latenessMs && `${formatSpread(latenessMs)} behind the nominal time`,
    period: periodMs && `${formatSpread(periodMs)} between ticks`,
    person: interventionShare === null ? null : `acted in ${(100 * interventionShare).toFixed(1)} % of the rows`,
  };
  const told = Object.entries(facts).filter(([, text]) => text !== null);
  const width = Math.max(...told.map(([name]) => name.length));
  const lines = told.map(([name, text]) => `${name.padEnd(width)}  ${text}`);
  return [lines.join('\n'), ...describeTables(summary)].join('\n\n');
}

function formatSpread({ median, p99, max }: Spread): string {
  return `median ${precise(median)} ms, p99 ${precise(p99)} ms, largest ${precise(max)} ms`;
}

function describeTables({
  tasks,
  ages,
  repeatedPictures,
  requested,
  tracking,
  features,
  frames,
}: DatasetSummary): string[] {
  const unit = features.find(({ name }) => name === 'action')?.unit;
  const suffix = unit === null || unit === undefined ? '' : `, ${unit}`;
  const tables = [
    formatTable(
      ['task', 'episodes', 'frames'],
      tasks.map(({ task, episodes, frames: count }) => [task, String(episodes), String(count)]),
    ),
    formatTable(
      ['feature', 'type', 'shape', 'unit'],
      features.map(({ name, dtype, shape, unit: own }) => [name, dtype, shape.join(' x '), own ?? '']),
    ),
  ];
  if (ages !== null) {
    tables.push(
      formatTable(
        ['source', 'age, median ms', 'p99', 'largest', 'rows repeated'],
        ages.map(({ source, ageMs }) => [
          source,
          ...(ageMs === null ? ['-', '-', '-'] : [ageMs.median, ageMs.p99, ageMs.max].map(precise)),
          repeatedPictures?.[source] === undefined ? '' : `${repeatedPictures[source]} of ${frames}`,
        ]),
      ),
    );
  }
  if (tracking !== null) {
    tables.push(
      formatTable(
        [
          'joint',
          `measured - sent: RMS${suffix}`,
          'p99',
          'largest',
          ...(requested === null ? [] : ['largest sent - asked for']),
        ],
        tracking.map(({ joint, rms, p99, max }) => [
          joint,
          ...[rms, p99, max].map(precise),
          ...(requested === null ? [] : [precise(requested.largest[joint] ?? 0)]),
        ]),
      ),
    );
  }
  if (requested !== null)
    tables.push(
      `In ${(100 * requested.differingShare).toFixed(1)} % of the rows the arm was not yet sent to what was asked for: motion is planned within its limits, and the gate limits what is left.`,
    );
  return tables;
}
