import { join } from 'node:path';
import type { z } from 'zod';
import { dataDirectory } from '../core/data-directory.ts';
import { InvalidFileError, UnknownNameError } from '../core/errors.ts';
import { listYaml, readYaml, yamlPath } from './read-yaml.ts';
import { taskSchema, variationSchema } from './task-spec.ts';
import type { TaskSpec, VariationSpec } from './task-spec.ts';

const longestInstructionWords = 10;

/** Names of the tasks in `sim/tasks`, sorted. */
export function listTasks(): string[] {
  return listYaml('tasks');
}

/**
 * Loads `sim/tasks/<name>.yaml` and the variation all tasks share.
 * Throws UnknownNameError for another name, InvalidFileError for a file that does not fit.
 */
export function loadTask(name: string): TaskSpec {
  const names = listTasks();
  if (!names.includes(name)) throw new UnknownNameError('task', name, names);
  const path = yamlPath('tasks', name);
  const task = readYaml(path, taskSchema);
  const variation = loadVariation();
  checkConsistency(task, variation, path);
  return { ...task, name, variation };
}

/** The colours and ranges of `sim/variation.yaml`. Throws InvalidFileError for a file that does not fit. */
export function loadVariation(): VariationSpec {
  return readYaml(join(dataDirectory('sim'), 'variation.yaml'), variationSchema);
}

/** Every word any instruction of any task can hold, sorted; index 0 is '', the padding. */
export function vocabulary(): string[] {
  const words = new Set(Object.keys(loadVariation().colours));
  for (const name of listTasks()) {
    for (const template of loadTask(name).instructions) {
      for (const word of template.split(' ')) if (!word.startsWith('{')) words.add(word);
    }
  }
  return ['', ...[...words].toSorted()];
}

function checkConsistency(task: z.infer<typeof taskSchema>, variation: VariationSpec, path: string): void {
  const groups = Object.keys(task.groups);
  const problems: string[] = [];
  for (const role of [task.source, task.destination ?? task.source]) {
    if (!groups.includes(role)) problems.push(`"${role}" is not one of the groups ${groups.join(', ')}`);
  }
  const colourCount = Object.keys(variation.colours).length;
  for (const [name, group] of Object.entries(task.groups)) {
    if (group.coloured && group.bodies.length > colourCount) problems.push(`group "${name}" needs more colours than ${colourCount}`);
  }
  for (const template of task.instructions) {
    const words = template.split(' ');
    if (words.length > longestInstructionWords) problems.push(`"${template}" has more than ${longestInstructionWords} words`);
    for (const word of words) {
      if (word.startsWith('{') && word !== '{source}' && word !== '{destination}') problems.push(`"${template}" names ${word}`);
    }
  }
  if (problems.length > 0) throw new InvalidFileError(path, problems.join('; '), { remedy: 'Correct these entries.' });
}
