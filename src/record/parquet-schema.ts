import type { KeyValue, SchemaElement } from 'hyparquet';
import { isPicture, NUMERIC_TYPES, STATISTIC_NAMES } from './format.ts';
import type { Features } from './format.ts';

type LeafType = Pick<SchemaElement, 'type' | 'converted_type' | 'logical_type'>;

const INT64: LeafType = { type: 'INT64' };
const DOUBLE: LeafType = { type: 'DOUBLE' };
const STRING: LeafType = { type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' } };

/** Schema of data/: features in their order without videos; a feature of shape [1] is a scalar, not a list. */
export function dataSchema(features: Features): SchemaElement[] {
  const columns = Object.entries(features).flatMap(([name, feature]): SchemaElement[][] => {
    if (feature.dtype === 'video') return [];
    if (feature.dtype === 'image') return [imageColumn(name)];
    const leaf: LeafType = { type: NUMERIC_TYPES[feature.dtype].physicalType };
    return [column(name, leaf, isScalar(feature) ? 0 : 1)];
  });
  return root(columns);
}

/** Schema of meta/tasks.parquet. */
export function tasksSchema(): SchemaElement[] {
  return root([column('task_index', INT64), column('task', STRING)]);
}

/** Schema of meta/episodes/, per-episode statistics included. */
export function episodesSchema(features: Features): SchemaElement[] {
  const videoColumns = Object.entries(features)
    .filter(([, feature]) => feature.dtype === 'video')
    .flatMap(([key]) => [
      column(`videos/${key}/chunk_index`, INT64),
      column(`videos/${key}/file_index`, INT64),
      column(`videos/${key}/from_timestamp`, DOUBLE),
      column(`videos/${key}/to_timestamp`, DOUBLE),
    ]);
  const statisticColumns = Object.entries(features).flatMap(([name, feature]) =>
    STATISTIC_NAMES.map((statistic) => {
      const depth = isPicture(feature.dtype) && statistic !== 'count' ? 3 : 1;
      return column(`stats/${name}/${statistic}`, statistic === 'count' ? INT64 : DOUBLE, depth);
    }),
  );
  return root([
    column('episode_index', INT64),
    column('tasks', STRING, 1),
    ...['length', 'data/chunk_index', 'data/file_index', 'dataset_from_index', 'dataset_to_index'].map((name) =>
      column(name, INT64),
    ),
    ...videoColumns,
    ...statisticColumns,
    column('meta/episodes/chunk_index', INT64),
    column('meta/episodes/file_index', INT64),
  ]);
}

/** The `huggingface` entry: the features as the Hub's viewer and the datasets library name them. */
export function dataMetadata(features: Features): KeyValue[] {
  const described = Object.fromEntries(
    Object.entries(features).flatMap(([name, feature]): [string, unknown][] => {
      if (feature.dtype === 'video') return [];
      if (feature.dtype === 'image') return [[name, { _type: 'Image' }]];
      const value = { dtype: feature.dtype, _type: 'Value' };
      return [[name, isScalar(feature) ? value : { feature: value, length: feature.shape[0], _type: 'List' }]];
    }),
  );
  return [{ key: 'huggingface', value: JSON.stringify({ info: { features: described } }) }];
}

/**
 * The `pandas` entry of meta/tasks.parquet. It makes `task` the index of the frame: without it LeRobot
 * silently takes the row number for the sentence.
 */
export function tasksMetadata(): KeyValue[] {
  const text = { pandas_type: 'unicode', numpy_type: 'object' };
  const value = {
    index_columns: ['task'],
    column_indexes: [{ name: null, field_name: null, ...text, metadata: { encoding: 'UTF-8' } }],
    columns: [
      { name: 'task_index', field_name: 'task_index', pandas_type: 'int64', numpy_type: 'int64', metadata: null },
      { name: 'task', field_name: 'task', ...text, metadata: null },
    ],
    attributes: {},
    creator: { library: 'pyarrow', version: '21.0.0' },
    pandas_version: '2.3.3',
  };
  return [{ key: 'pandas', value: JSON.stringify(value) }];
}

/** Whether one frame of the feature is stored as a scalar. */
export function isScalar(feature: { readonly shape: readonly number[] }): boolean {
  return feature.shape.length === 1 && feature.shape[0] === 1;
}

function root(columns: readonly SchemaElement[][]): SchemaElement[] {
  return [{ name: 'schema', repetition_type: 'REQUIRED', num_children: columns.length }, ...columns.flat()];
}

/** A nullable column of lists `depth` deep around the leaf. Readers of Arrow expect the names `list` and `element`. */
function column(name: string, leaf: LeafType, depth = 0): SchemaElement[] {
  if (depth === 0) return [{ name, repetition_type: 'OPTIONAL', ...leaf }];
  return [
    { name, repetition_type: 'OPTIONAL', num_children: 1, converted_type: 'LIST', logical_type: { type: 'LIST' } },
    { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
    ...column('element', leaf, depth - 1),
  ];
}

function imageColumn(name: string): SchemaElement[] {
  return [
    { name, repetition_type: 'OPTIONAL', num_children: 2 },
    ...column('bytes', { type: 'BYTE_ARRAY' }),
    ...column('path', STRING),
  ];
}
