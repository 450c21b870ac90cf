import { readFile } from 'node:fs/promises';
import { parquetSchema } from 'hyparquet';
import type { ColumnChunk, FileMetaData, RowGroup, SchemaTree } from 'hyparquet';
import { ArmatureError } from '../../core/errors.ts';
import { readRows } from '../dataset-metadata.ts';
import type { ParquetFile } from '../dataset-metadata.ts';
import { elementCount, isPicture } from '../format.ts';
import type { Features } from '../format.ts';
import { dataMetadata, dataSchema } from '../parquet-schema.ts';
import { readPage } from './page-headers.ts';
import type { Page } from './page-headers.ts';
import { rewriteParquet } from './rewrite-parquet.ts';

/** What every Parquet file begins with. */
const MAGIC = 'PAR1';

/** A column as it is stored: of a list the elements, of a picture its bytes and its path. */
interface Leaf {
  readonly path: string[];
  readonly type: NonNullable<SchemaTree['element']['type']>;
  readonly valuesPerRow: number;
}

/** The rows of a data file that was never closed as a whole file; undefined where none can be read. */
export async function readFooterless(
  path: string,
  features: Features,
): Promise<{ readonly content: Uint8Array; readonly count: number } | undefined> {
  const parquet = await openFooterless(path, features);
  if (parquet === undefined) return undefined;
  try {
    const rows = await readRows(parquet);
    return { content: rewriteParquet(parquet, rows), count: rows.length };
  } catch (error) {
    // Pages that do not hold what the features say: it is some other kind of damage.
    if (error instanceof ArmatureError) return undefined;
    throw error;
  }
}

/**
 * Opens a data file that was never closed. A writer that dies leaves the rows without the table of contents at the
 * end, but its pages follow each other in the order of the columns, and each says how long it is. Gives the row
 * groups that are complete; undefined where there are none, or it is no such file. Assumes what LeRobot writes:
 * Snappy, no missing values, dictionaries.
 */
async function openFooterless(path: string, features: Features): Promise<ParquetFile | undefined> {
  const bytes = await readFile(path);
  if (bytes.toString('latin1', 0, MAGIC.length) !== MAGIC) return undefined;
  const leaves = leavesOf(features);
  const rowGroups: RowGroup[] = [];
  let offset = MAGIC.length;
  for (;;) {
    const group = readRowGroup(bytes, offset, leaves);
    if (group === undefined) break;
    rowGroups.push(group.rowGroup);
    offset = group.end;
  }
  if (rowGroups.length === 0) return undefined;
  const metadata: FileMetaData = {
    version: 2,
    schema: dataSchema(features),
    num_rows: rowGroups.reduce((sum, group) => sum + group.num_rows, 0n),
    row_groups: rowGroups,
    key_value_metadata: dataMetadata(features),
    metadata_length: 0,
  };
  const content = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
  return {
    path,
    buffer: { byteLength: content.byteLength, slice: (start, end) => content.slice(start, end) },
    metadata,
  };
}

function leavesOf(features: Features): Leaf[] {
  const schema = parquetSchema({ schema: dataSchema(features) } as FileMetaData);
  return schema.children.flatMap((column) => {
    const feature = features[column.element.name];
    const valuesPerRow = feature === undefined || isPicture(feature.dtype) ? 1 : elementCount(feature);
    return endsOf(column).map(({ path, element }) => ({ path, type: element.type ?? 'BYTE_ARRAY', valuesPerRow }));
  });
}

function endsOf(tree: SchemaTree): SchemaTree[] {
  return tree.children.length === 0 ? [tree] : tree.children.flatMap(endsOf);
}

function readRowGroup(
  bytes: Buffer,
  start: number,
  leaves: readonly Leaf[],
): { readonly rowGroup: RowGroup; readonly end: number } | undefined {
  const columns: ColumnChunk[] = [];
  let end = start;
  let rows: number | undefined;
  for (const leaf of leaves) {
    const pages = readChunk(bytes, end, rows === undefined ? undefined : rows * leaf.valuesPerRow);
    const values = pages.reduce((sum, { valueCount }) => sum + valueCount, 0);
    rows ??= values / leaf.valuesPerRow;
    if (values === 0 || values !== rows * leaf.valuesPerRow) return undefined;
    columns.push(describeChunk(leaf, pages, values));
    end = pages.at(-1)?.end ?? end;
  }
  if (rows === undefined || !Number.isInteger(rows)) return undefined;
  const size = BigInt(end - start);
  return { rowGroup: { columns, num_rows: BigInt(rows), total_byte_size: size }, end };
}

/** The pages of one column: to the number of values where it is known, else to the dictionary of the next column. */
function readChunk(bytes: Buffer, start: number, valueCount: number | undefined): Page[] {
  const pages: Page[] = [];
  let values = 0;
  let offset = start;
  while (valueCount === undefined || values < valueCount) {
    const page = readPage(bytes, offset);
    if (page === undefined || (page.isDictionary && pages.length > 0)) break;
    pages.push(page);
    values += page.valueCount;
    offset = page.end;
  }
  return pages;
}

function describeChunk({ path, type }: Leaf, pages: readonly Page[], values: number): ColumnChunk {
  const [first] = pages;
  const data = pages.find(({ isDictionary }) => !isDictionary);
  const start = first?.offset ?? 0;
  return {
    file_offset: BigInt(start),
    meta_data: {
      type,
      encodings: ['PLAIN', 'RLE', 'RLE_DICTIONARY'],
      path_in_schema: path,
      codec: 'SNAPPY',
      num_values: BigInt(values),
      total_uncompressed_size: BigInt(pages.reduce((sum, page) => sum + page.uncompressedSize, 0)),
      total_compressed_size: BigInt((pages.at(-1)?.end ?? start) - start),
      data_page_offset: BigInt(data?.offset ?? start),
      ...(first?.isDictionary === true ? { dictionary_page_offset: BigInt(first.offset) } : {}),
    },
  };
}
