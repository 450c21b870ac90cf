import { columnNames } from '../dataset-metadata.ts';
import type { ParquetFile } from '../dataset-metadata.ts';
import { encodeParquet } from '../dataset-files.ts';

/**
 * A Parquet file with the schema and the metadata of another and these rows, values untouched. Row groups end
 * where they did, as far as there are rows for them.
 */
export function rewriteParquet(
  { metadata, ...file }: ParquetFile,
  rows: readonly Record<string, unknown>[],
): Uint8Array {
  const rowGroupLengths: number[] = [];
  let left = rows.length;
  for (const group of metadata.row_groups) {
    const length = Math.min(left, Number(group.num_rows));
    if (length > 0) rowGroupLengths.push(length);
    left -= length;
  }
  return encodeParquet({
    schema: metadata.schema,
    columns: columnNames({ metadata, ...file }).map((name) => ({
      name,
      values: rows.map((row) => row[name]),
      pictures: holdsPictures(rows[0]?.[name]),
    })),
    rowGroupLengths,
    ...(metadata.key_value_metadata === undefined ? {} : { metadata: metadata.key_value_metadata }),
  });
}

function holdsPictures(cell: unknown): boolean {
  return typeof cell === 'object' && cell !== null && 'bytes' in cell;
}
