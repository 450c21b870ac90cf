import type { LayoutSpec } from './layout-spec.ts';

/** Rows of the learnable row and column tables (Gato, appendix C). */
export const PATCH_POSITIONS = 128;

/**
 * Where each patch lies in its image, whatever the resolution: its row and column interval of the
 * image, quantised to 128. All arrays have shape (patches), cameras concatenated in spec order.
 */
export interface PatchPositions {
  /** Intervals [low, high): training draws an index from them. */
  readonly rowLow: Int32Array;
  readonly rowHigh: Int32Array;
  readonly columnLow: Int32Array;
  readonly columnHigh: Int32Array;
  /** Rounded means of the intervals: evaluation uses these. */
  readonly rowIndex: Int32Array;
  readonly columnIndex: Int32Array;
}

export function patchPositions(spec: LayoutSpec): PatchPositions {
  const rows: Interval[] = [];
  const columns: Interval[] = [];
  for (const camera of spec.cameras) {
    const gridRows = intervals(camera.height / spec.patchSize);
    const gridColumns = intervals(camera.width / spec.patchSize);
    for (const row of gridRows) {
      for (const column of gridColumns) {
        rows.push(row);
        columns.push(column);
      }
    }
  }
  return {
    rowLow: Int32Array.from(rows, ({ low }) => low),
    rowHigh: Int32Array.from(rows, ({ high }) => high),
    columnLow: Int32Array.from(columns, ({ low }) => low),
    columnHigh: Int32Array.from(columns, ({ high }) => high),
    rowIndex: Int32Array.from(rows, roundedMean),
    columnIndex: Int32Array.from(columns, roundedMean),
  };
}

interface Interval {
  readonly low: number;
  readonly high: number;
}

function intervals(count: number): Interval[] {
  const edge = (index: number): number => Math.floor((index / count) * PATCH_POSITIONS + 0.5);
  return Array.from({ length: count }, (_, index) => ({ low: edge(index), high: edge(index + 1) }));
}

function roundedMean({ low, high }: Interval): number {
  return Math.min(Math.floor((low + high) / 2 + 0.5), PATCH_POSITIONS - 1);
}
