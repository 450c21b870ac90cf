import { parquetSchema } from 'hyparquet';
import type { SchemaTree } from 'hyparquet';
import type { ParquetFile } from '../dataset-metadata.ts';
import { isPicture, NUMERIC_TYPES } from '../format.ts';
import type { DatasetInfo, FeatureInfo, NumericDtype } from '../format.ts';
import { isScalar } from '../parquet-schema.ts';
import { errorIn, REMEDIES } from './problem.ts';
import type { DatasetProblem } from './problem.ts';

/** Whether values of the feature can be read and checked here; text, language and arrays of arrays cannot. */
export function isNumeric(feature: FeatureInfo): feature is FeatureInfo & { dtype: NumericDtype } {
  return feature.dtype in NUMERIC_TYPES && feature.shape.length === 1;
}

/** Columns of a data file against the features: all there, none besides, of the types that readers expect. */
export function checkColumns(info: DatasetInfo, file: ParquetFile, path: string): DatasetProblem[] {
  const found = columnTypes(file);
  const stored = Object.entries(info.features).filter(([, feature]) => feature.dtype !== 'video');
  const problems = stored.flatMap(([name, feature]): DatasetProblem[] => {
    const expected = expectedType(feature);
    const type = found.get(name);
    if (type === undefined) return [errorIn(path, `has no column "${name}"`, { remedy: REMEDIES.copy })];
    if (expected === undefined || expected === type) return [];
    return [errorIn(path, `column "${name}" has another type`, { expected, found: type, remedy: REMEDIES.rewrite })];
  });
  const surplus = [...found.keys()].filter((name) => !stored.some(([feature]) => feature === name));
  if (surplus.length > 0) {
    const names = surplus.join(', ');
    problems.push(errorIn(path, 'has columns that are no features', { found: names, remedy: REMEDIES.rewrite }));
  }
  return problems;
}

function expectedType(feature: FeatureInfo): string | undefined {
  if (isPicture(feature.dtype)) return 'struct<bytes BYTE_ARRAY, path BYTE_ARRAY>';
  if (!isNumeric(feature)) return undefined;
  const type = NUMERIC_TYPES[feature.dtype].physicalType;
  return isScalar(feature) ? type : `list<${type}>`;
}

/** Type of each top-level column, for example `list<FLOAT>`. */
function columnTypes({ metadata }: ParquetFile): Map<string, string> {
  return new Map(parquetSchema(metadata).children.map((column) => [column.element.name, typeOf(column)]));
}

function typeOf({ element, children }: SchemaTree): string {
  if (children.length === 0) return element.type ?? 'nothing';
  const [only] = children;
  if (element.converted_type === 'LIST' || element.logical_type?.type === 'LIST')
    return `list<${only === undefined ? 'nothing' : typeOf(only)}>`;
  // The repeated group inside a list, whatever its writer calls it.
  if (element.repetition_type === 'REPEATED' && only !== undefined && children.length === 1) return typeOf(only);
  return `struct<${children.map((child) => `${child.element.name} ${typeOf(child)}`).join(', ')}>`;
}
