import { InvalidArgumentError } from 'commander';
import { availableParallelism } from 'node:os';
import { UnknownNameError } from '../core/errors.ts';
import type { PromptSource } from '../runtime/demonstration-prompt.ts';
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

/** For commander: a folder and which of its episodes, for example `data/desk:12`; the first one without a number. */
export function promptSource(text: string): PromptSource {
  const [, dataset = '', episode = '0'] = /^(.+?)(?::(\d+))?$/.exec(text) ?? [];
  if (dataset !== '') return { dataset, episode: Number(episode) };
  throw new InvalidArgumentError('Expected the folder of a dataset, and if wanted an episode: data/desk:12.');
}

/** For commander: indices and ranges of them, for example `0-9,12`; ascending, each once. */
export function indexList(text: string): number[] {
  const indices = text.split(',').flatMap((part) => {
    const range = /^\s*(\d+)\s*(?:-\s*(\d+)\s*)?$/.exec(part);
    const [first, last] = [Number(range?.[1]), Number(range?.[2] ?? range?.[1])];
    if (range === null || last < first || last - first > 1e6)
      throw new InvalidArgumentError('Expected indices and ranges, for example 0-9,12.');
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
  return [...new Set(indices)].toSorted((a, b) => a - b);
}

/** For commander: names separated by commas; given again, they add up. */
export function nameList(text: string, before: readonly string[] = []): string[] {
  const names = text.split(',').map((name) => name.trim());
  if (names.some((name) => name === '')) throw new InvalidArgumentError('Expected names separated by commas.');
  return [...before, ...names];
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
