import type { z } from 'zod';
import { ArmatureError, InvalidFileError, UnknownNameError } from '../core/errors.ts';
import { listYaml, readYaml, simFile, yamlPath } from './read-yaml.ts';
import { paraphrasesSchema, taskSchema, variationSchema } from './task-spec.ts';
import type { TaskSpec, VariationSpec } from './task-spec.ts';
import { outerPart } from './variation.ts';

const longestInstructionWords = 10;

/** Names of the tasks in `sim/tasks`, sorted. */
export function listTasks(): string[] {
  return listYaml('tasks');
}

/** Conditions under which nothing was demonstrated, to see what a policy makes of them. */
export interface TaskConditions {
  /** Light, colours and camera mounts of `sim/shift.yaml`, outside the ranges of `sim/variation.yaml`. */
  readonly shifted?: boolean;
  /** The outer part of the ranges of `sim/variation.yaml`: everything off at once, by no more than may be demonstrated. */
  readonly extreme?: boolean;
  /** The wordings of `sim/paraphrases.yaml` in place of the task's own. */
  readonly paraphrased?: boolean;
}

/**
 * Loads `sim/tasks/<name>.yaml` and the variation all tasks share.
 * Throws UnknownNameError for another name, InvalidFileError for a file that does not fit, E_NO_PARAPHRASES.
 */
export function loadTask(name: string, { shifted = false, extreme = false, paraphrased = false }: TaskConditions = {}): TaskSpec {
  const names = listTasks();
  if (!names.includes(name)) throw new UnknownNameError('task', name, names);
  const path = yamlPath('tasks', name);
  const task = readYaml(path, taskSchema);
  const variation = loadVariation();
  checkConsistency(task, variation, path);
  return {
    ...task,
    name,
    variation: varied(variation, { shifted, extreme }),
    instructions: paraphrased ? paraphrases(name, task) : task.instructions,
  };
}

function varied(variation: VariationSpec, { shifted, extreme }: TaskConditions): VariationSpec {
  if (shifted) return { ...loadVariation('shift'), outside: variation };
  return extreme ? outerPart(variation) : variation;
}

/** The colours and ranges of `sim/variation.yaml`. Throws InvalidFileError for a file that does not fit. */
export function loadVariation(file: 'variation' | 'shift' = 'variation'): VariationSpec {
  return readYaml(simFile(file), variationSchema);
}

/** Every word the instructions of some tasks can hold, sorted. */
export function instructionWords(tasks: readonly string[]): string[] {
  const words = new Set(Object.keys(loadVariation().colours));
  for (const name of tasks) {
    for (const template of loadTask(name).instructions) {
      for (const word of template.split(' ')) if (!word.startsWith('{')) words.add(word);
    }
  }
  return [...words].toSorted();
}

type TaskFile = z.infer<typeof taskSchema>;

function paraphrases(name: string, task: TaskFile): string[] {
  const path = simFile('paraphrases');
  const found = readYaml(path, paraphrasesSchema)[name];
  if (found === undefined) {
    throw new ArmatureError('E_NO_PARAPHRASES', `there are no paraphrases of the task "${name}"`, {
      remedy: 'Add some to sim/paraphrases.yaml, or evaluate without --paraphrases.',
    });
  }
  refuse(wordingProblems(found, task), path);
  return found;
}

function checkConsistency(task: TaskFile, variation: VariationSpec, path: string): void {
  const groups = Object.keys(task.groups);
  const problems: string[] = [];
  for (const role of [task.source, task.destination ?? task.source]) {
    if (!groups.includes(role)) problems.push(`"${role}" is not one of the groups ${groups.join(', ')}`);
  }
  const colourCount = Object.keys(variation.colours).length;
  for (const [name, group] of Object.entries(task.groups)) {
    if (group.coloured && group.bodies.length > colourCount) problems.push(`group "${name}" needs more colours than ${colourCount}`);
  }
  refuse([...problems, ...wordingProblems(task.instructions, task)], path);
}

function wordingProblems(wordings: readonly string[], { groups, source, destination }: TaskFile): string[] {
  const hasColour = (group: string | undefined): boolean => group !== undefined && groups[group]?.coloured === true;
  const colours = [...(hasColour(source) ? ['{source}'] : []), ...(hasColour(destination) ? ['{destination}'] : [])];
  return wordings.flatMap((template) => {
    const words = template.split(' ');
    const tooLong = words.length > longestInstructionWords;
    return [
      ...(tooLong ? [`"${template}" has more than ${longestInstructionWords} words`] : []),
      ...words
        .filter((word) => /[{}]/.test(word) && !colours.includes(word))
        .map((word) => `"${template}" names ${word}, which has no colour in this task`),
    ];
  });
}

function refuse(problems: readonly string[], path: string): void {
  if (problems.length > 0) throw new InvalidFileError(path, problems.join('; '), { remedy: 'Correct these entries.' });
}
