import { constants, copyFile, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import type { KeyValue, SchemaElement } from 'hyparquet';
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import { ArmatureError, messageOf } from '../core/errors.ts';

/** Ends the names of files that are not finished; no reader's pattern matches it. */
export const PARTIAL = '.partial';
/** Ends the names of files that belong to no saved episode. They are kept but not read. */
const ORPHAN = '.orphan';

/** A file to be written; `path` is relative to the dataset's folder. */
export interface PendingFile {
  readonly path: string;
  /** The content, or what writes it to the path it is given. */
  readonly content: Uint8Array | string | ((path: string) => Promise<void>);
}

/**
 * Writes files so that a crash at any moment leaves a loadable dataset: all are written in full under
 * another name first, then renamed in the order given. The caller puts a file after those it refers to.
 * Throws ArmatureError (E_DATASET_WRITE) where the file system refuses; calling it again is safe.
 */
export async function commitFiles(directory: string, files: readonly PendingFile[]): Promise<void> {
  try {
    for (const file of files) await writePartial(directory, file);
    for (const { path } of files) {
      await rename(join(directory, path + PARTIAL), join(directory, path));
      // Without this a power cut may undo the rename, and those after it not.
      await syncFolder(dirname(join(directory, path)));
    }
  } catch (cause) {
    if (cause instanceof ArmatureError) throw cause;
    throw new ArmatureError('E_DATASET_WRITE', `the dataset in ${directory} cannot be written`, {
      found: messageOf(cause),
      remedy: 'Check the free space and the permissions, then save the episode again; what was saved before is safe.',
      cause,
    });
  }
}

async function writePartial(directory: string, { path, content }: PendingFile): Promise<void> {
  const partial = join(directory, path + PARTIAL);
  await mkdir(dirname(partial), { recursive: true });
  if (typeof content === 'function') await content(partial);
  const file = await open(partial, typeof content === 'function' ? 'r+' : 'w');
  try {
    if (typeof content !== 'function') await file.writeFile(content);
    // The rename must not reach the disk before the content does.
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Moves a file, also to another file system. Moving it again after a failure further on is safe. */
export async function moveFile(source: string, target: string): Promise<void> {
  if (!existsSync(source) && existsSync(target)) return;
  try {
    await rename(source, target);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EXDEV')) throw error;
    await copyFile(source, target);
    await rm(source);
  }
}

/** Makes the names in a folder last through a power cut. */
export async function syncFolder(path: string): Promise<void> {
  // Windows knows no such thing for folders.
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** Paths of files below `folder`, relative to the dataset's folder and sorted, that end in `extension`. */
export async function listFiles(directory: string, folder: string, extension: string): Promise<string[]> {
  const parent = join(directory, folder);
  if (!existsSync(parent)) return [];
  const entries = await readdir(parent, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith(extension))
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .toSorted();
}

/** What was done with a file that belongs to no saved episode. */
export interface Leftover {
  /** Relative to the dataset's folder. */
  readonly path: string;
  readonly done: 'removed' | 'set aside';
}

/** Removes unfinished files and sets aside finished ones that no saved episode refers to. */
export async function setAsideLeftovers(directory: string, referenced: ReadonlySet<string>): Promise<Leftover[]> {
  const leftovers: Leftover[] = [];
  for (const folder of ['meta', 'data', 'videos']) {
    for (const path of await listFiles(directory, folder, PARTIAL)) {
      await rm(join(directory, path));
      leftovers.push({ path, done: 'removed' });
    }
  }
  const media = [
    ...(await listFiles(directory, 'data', '.parquet')),
    ...(await listFiles(directory, 'videos', '.mp4')),
  ];
  for (const path of media) {
    if (referenced.has(path)) continue;
    await setAside(directory, path);
    leftovers.push({ path, done: 'set aside' });
  }
  return leftovers;
}

/** Gives a file a name that no reader looks for. */
export async function setAside(directory: string, path: string): Promise<void> {
  await rename(join(directory, path), join(directory, path + ORPHAN));
}

/** Keeps a file as it is under a name that no reader looks for, because it is about to be written anew. */
export async function keepCopy(directory: string, path: string): Promise<void> {
  await copyFile(join(directory, path), join(directory, path + ORPHAN), constants.COPYFILE_FICLONE);
}

/** Gives an unfinished file that proved complete its final name. */
export async function finishPartial(directory: string, path: string): Promise<void> {
  await rename(join(directory, path + PARTIAL), join(directory, path));
}

/** One column of a Parquet file; `pictures` are stored as they are, being compressed already. */
export interface ParquetColumn {
  readonly name: string;
  readonly values: readonly unknown[];
  readonly pictures?: boolean;
}

/** A Parquet file of the columns, in the order of the schema, with row groups of the given lengths. */
export function encodeParquet(options: {
  readonly schema: SchemaElement[];
  readonly columns: readonly ParquetColumn[];
  readonly rowGroupLengths: readonly number[];
  readonly metadata?: KeyValue[];
}): Uint8Array {
  const writer = new ByteWriter();
  const parquet = new ParquetWriter({
    writer,
    schema: options.schema,
    createdBy: 'armature',
    ...(options.metadata === undefined ? {} : { kvMetadata: options.metadata }),
  });
  void parquet.write({
    columnData: options.columns.map(({ name, values, pictures }) =>
      pictures === true
        ? { name, data: [...values], codec: 'UNCOMPRESSED' as const, encoding: 'PLAIN' as const, statistics: false }
        : { name, data: [...values] },
    ),
    rowGroupSize: [...options.rowGroupLengths],
  });
  void parquet.finish();
  return writer.getBytes();
}
