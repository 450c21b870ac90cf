import { join } from 'node:path';
import { z } from 'zod';
import { columnNames, openParquet, readRows } from '../dataset-metadata.ts';
import type { ParquetFile } from '../dataset-metadata.ts';
import { DATASET_PATHS } from '../format.ts';
import type { DatasetInfo } from '../format.ts';
import { errorIn, problemOf, REMEDIES, warningIn } from './problem.ts';
import type { DatasetProblem } from './problem.ts';

const TASKS = DATASET_PATHS.tasks;
/** Older converters leave pandas' own name for the index column. */
const SENTENCE_COLUMNS = ['task', '__index_level_0__'] as const;

const pandasSchema = z.looseObject({ index_columns: z.array(z.unknown()) });

/** Checks meta/tasks.parquet; `tasks` are the sentences in the order of the rows, as far as it can be read. */
export async function checkTasks(
  directory: string,
  info: DatasetInfo,
): Promise<{ readonly problems: DatasetProblem[]; readonly tasks: readonly string[] }> {
  let file: ParquetFile;
  let rows: Record<string, unknown>[];
  try {
    file = await openParquet(join(directory, TASKS));
    rows = await readRows(file);
  } catch (error) {
    return { problems: [problemOf(error, TASKS)], tasks: [] };
  }
  const present = columnNames(file);
  const sentences = SENTENCE_COLUMNS.find((name) => present.includes(name));
  if (sentences === undefined || !present.includes('task_index')) {
    const columns = { expected: 'columns task_index and task', found: present.join(', ') };
    return { problems: [errorIn(TASKS, 'does not list tasks', { ...columns, remedy: REMEDIES.copy })], tasks: [] };
  }
  const tasks = rows.map((row) => String(row[sentences] ?? ''));
  return { problems: [...checkRows(rows, tasks), ...checkIndex(file, sentences), ...checkCount(info, tasks)], tasks };
}

function checkRows(rows: readonly Record<string, unknown>[], tasks: readonly string[]): DatasetProblem[] {
  const problems: DatasetProblem[] = [];
  // LeRobot takes the position of a row for the index.
  const misplaced = rows.findIndex((row, position) => Number(row['task_index']) !== position);
  if (misplaced >= 0) {
    problems.push(
      errorIn(TASKS, 'the rows are not in the order of task_index', {
        expected: `task_index ${misplaced} in row ${misplaced}`,
        found: String(rows[misplaced]?.['task_index']),
        remedy: REMEDIES.repair,
      }),
    );
  }
  const repeated = tasks.find((task, position) => tasks.indexOf(task) !== position);
  if (repeated !== undefined)
    problems.push(warningIn(TASKS, 'a task is listed twice', { found: repeated, remedy: REMEDIES.rewrite }));
  if (tasks.some((task) => task.trim() === ''))
    problems.push(warningIn(TASKS, 'a task has no words', { remedy: REMEDIES.rewrite }));
  return problems;
}

/** pandas has to know which column is the index: else the task of a frame is a number to LeRobot. */
function checkIndex({ metadata }: ParquetFile, sentences: string): DatasetProblem[] {
  const text = metadata.key_value_metadata?.find(({ key }) => key === 'pandas')?.value;
  const columns = text === undefined ? undefined : indexColumns(text);
  if (columns?.[0] === sentences && columns.length === 1) return [];
  return [
    errorIn(TASKS, 'does not say that the sentence is the index: LeRobot reads numbers in place of sentences', {
      expected: `pandas metadata with index_columns ["${sentences}"]`,
      found: columns === undefined ? 'none' : JSON.stringify(columns),
      remedy: REMEDIES.repair,
    }),
  ];
}

function indexColumns(text: string): readonly unknown[] | undefined {
  try {
    return pandasSchema.safeParse(JSON.parse(text)).data?.index_columns;
  } catch {
    // Metadata that are no JSON say nothing about the index, which is the problem to be told.
    return undefined;
  }
}

function checkCount(info: DatasetInfo, tasks: readonly string[]): DatasetProblem[] {
  if (info.total_tasks === tasks.length) return [];
  return [
    errorIn(DATASET_PATHS.info, 'total_tasks is wrong', {
      expected: `${tasks.length}, the rows of ${TASKS}`,
      found: String(info.total_tasks),
      remedy: REMEDIES.repair,
    }),
  ];
}
