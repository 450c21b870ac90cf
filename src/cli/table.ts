/**
 * Rows as aligned columns, two spaces apart, the first row underlined as a heading.
 * The last column is not padded, so that long texts do not trail spaces.
 */
export function formatTable(heading: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = heading.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)),
  );
  const line = (cells: readonly string[]): string =>
    cells.map((cell, column) => (column === cells.length - 1 ? cell : cell.padEnd(widths[column] ?? 0))).join('  ');
  const underline = heading.map((_, column) => '-'.repeat(widths[column] ?? 0));
  return [heading, underline, ...rows].map(line).join('\n');
}
