import { ArmatureError } from '../../core/errors.ts';
import { openParquet } from '../dataset-metadata.ts';
import type { ParquetFile } from '../dataset-metadata.ts';

/** Opens a Parquet file; undefined for one that is missing, cut off or none. */
export async function openWholeParquet(path: string): Promise<ParquetFile | undefined> {
  try {
    return await openParquet(path);
  } catch (error) {
    if (error instanceof ArmatureError) return undefined;
    throw error;
  }
}
