import { InvalidArgumentError } from 'commander';
import { availableParallelism } from 'node:os';
import { UnknownNameError } from '../core/errors.ts';
import { listTasks } from '../sim/load-task.ts';

/** For commander: a whole number of at least `least`. */
export function wholeNumber(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (Number.isSafeInteger(value) && value >= least) return value;
    throw new InvalidArgumentError(`Expected a whole number of at least ${least}.`);
  };
}

/** For commander: a number in [low, high]. */
export function numberBetween(low: number, high: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== '' && value >= low && value <= high) return value;
    throw new InvalidArgumentError(`Expected a number from ${low} to ${high}.`);
  };
}

/** `all` or names separated by commas. Throws UnknownNameError for a task that does not exist. */
export function taskNames(text: string): string[] {
  const known = listTasks();
  if (text === 'all') return known;
  const names = text.split(',').map((name) => name.trim());
  for (const name of names) if (!known.includes(name)) throw new UnknownNameError('task', name, known);
  return names;
}

/** Worker threads or processes to use unless told otherwise. */
export const defaultWorkers: number = availableParallelism();
