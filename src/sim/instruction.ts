import type { TaskSpec } from './task-spec.ts';

/** What an instruction in words fixes of an episode; the seed draws the rest. */
export interface GivenInstruction {
  readonly text: string;
  /** Colours it names: of the thing to act on, and of the place where that must go. */
  readonly colours: { readonly source?: string; readonly destination?: string };
}

/** A task and the instruction that asks for it. */
export interface InstructedTask {
  readonly task: TaskSpec;
  readonly instruction: GivenInstruction;
}

/** The first of the tasks that has a wording which reads like the text; undefined when none has. */
export function matchInstruction(text: string, tasks: readonly TaskSpec[]): InstructedTask | undefined {
  const words = text.toLowerCase().split(/[^a-z]+/).filter((word) => word !== '').join(' ');
  for (const task of tasks) {
    const colours = task.instructions.map((template) => coloursIn(words, template, task)).find((found) => found !== undefined);
    if (colours !== undefined) return { task, instruction: { text, colours } };
  }
  return undefined;
}

/** One instruction of each task, as somebody would say it. */
export function exampleInstructions(tasks: readonly TaskSpec[]): string[] {
  return tasks.map(({ instructions, variation }) => {
    const [first = '', second = ''] = Object.keys(variation.colours);
    return (instructions[0] ?? '').replace('{source}', first).replace('{destination}', second);
  });
}

function coloursIn(words: string, template: string, task: TaskSpec): GivenInstruction['colours'] | undefined {
  const colour = Object.keys(task.variation.colours).join('|');
  const pattern = template.replaceAll(/\{(\w+)\}/g, (_, role: string) => `(?<${role}>${colour})`);
  const groups = new RegExp(`^${pattern}$`).exec(words);
  if (groups === null) return undefined;
  const { source, destination } = groups.groups ?? {};
  // Things of one group have different colours, so nothing can be put on itself.
  if (task.source === task.destination && source === destination) return undefined;
  return { ...(source === undefined ? {} : { source }), ...(destination === undefined ? {} : { destination }) };
}
