import type { DatasetSummary } from '../../runtime/recording/dataset-summary.ts';
import { formatDuration } from '../progress.ts';
import { escapeHtml, formatNumber } from './html.ts';

/** Tables of a dataset's page: tasks, timing, tracking, features; those that say nothing are left out. */
export function datasetTables(summary: DatasetSummary, unit: string): string {
  const { tasks, ages, tracking, requested, features } = summary;
  const sections = [
    table(
      'Tasks',
      ['task', 'episodes', 'frames'],
      tasks.map(({ task, episodes, frames }) => [task, String(episodes), String(frames)]),
    ),
    ages === null
      ? ''
      : table(
          'Age of what a row holds, ms',
          ['source', 'median', 'p99', 'largest', 'rows before the first'],
          ages.map(({ source, ageMs, rowsWithout }) => [source, ...spread(ageMs), String(rowsWithout)]),
        ),
    tracking === null
      ? ''
      : table(
          `Measured against sent, one row later${unit === '' ? '' : `, ${unit}`}`,
          ['joint', 'RMS', 'p99', 'largest', ...(requested === null ? [] : ['largest sent - asked for'])],
          tracking.map(({ joint, rms, p99, max }) => [
            joint,
            precise(rms),
            precise(p99),
            precise(max),
            ...(requested === null ? [] : [precise(requested.largest[joint] ?? 0)]),
          ]),
        ),
    table(
      'Features',
      ['feature', 'type', 'shape', 'unit', 'elements'],
      features.map(({ name, dtype, shape, unit: own, names }) => [
        name,
        dtype,
        shape.join(' × '),
        own ?? '',
        names?.join(', ') ?? '',
      ]),
      'left',
    ),
  ];
  return sections.join('\n');
}

function table(title: string, heading: readonly string[], rows: readonly (readonly string[])[], style = ''): string {
  const cells = (row: readonly string[], tag: 'td' | 'th'): string =>
    row.map((cell) => `<${tag}>${escapeHtml(cell)}</${tag}>`).join('');
  return `<section><h2>${escapeHtml(title)}</h2><div class="scroll"><table class="${style}">
<thead><tr>${cells(heading, 'th')}</tr></thead><tbody>${rows.map((row) => `<tr>${cells(row, 'td')}</tr>`).join('\n')}</tbody></table></div></section>`;
}

function spread(values: { readonly median: number; readonly p99: number; readonly max: number } | null): string[] {
  return values === null ? ['–', '–', '–'] : [values.median, values.p99, values.max].map(formatNumber);
}

/** Four significant digits: differences of angles are small. */
export function precise(value: number): string {
  return value === 0 ? '0' : value.toPrecision(3);
}

/** `1.2 MB` */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'] as const;
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(bytes, 1)) / 3));
  return `${power === 0 ? bytes : (bytes / 1000 ** power).toFixed(1)} ${units[power]}`;
}

/** `12 s`, or `3:20` from a minute on. */
export function formatSeconds(seconds: number): string {
  return seconds < 60 ? `${formatNumber(seconds)} s` : formatDuration(seconds * 1e9);
}
