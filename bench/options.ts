import { relative } from 'node:path';
import { parseArgs } from 'node:util';
import type { ParseArgsConfig } from 'node:util';

type Declared = NonNullable<ParseArgsConfig['options']>[string] & {
  /** For the help: what the value is, as in `s` or `name`; a flag has none. */
  readonly value?: string;
  /** For the help: what it is for. */
  readonly words: string;
};
type Options = Readonly<Record<string, Declared>>;

/** What a program of this folder is, for its help. */
interface Program<Known extends Options> {
  /** What it measures, and what it needs. */
  readonly purpose: string;
  /** Words without a dash: `[task ...]`, or `<policy>` where one has to be given; without it none are taken. */
  readonly positionals?: string;
  readonly options: Known;
}

type Parsed<Known extends Options> = ReturnType<typeof parseArgs<{ options: Known; allowPositionals: true }>>;

/** Status of a usage error, as of `armature`. */
const USAGE_ERROR = 2;

/**
 * The options that a program of this folder was started with. `--help` says what it does and ends it; so does, with status 2, an
 * option it does not have, or no number where there is one by default.
 */
export function readOptions<Known extends Options>(program: Program<Known>): Parsed<Known> {
  const [, script = '', ...words] = process.argv;
  if (words.includes('--help')) {
    console.log(helpText(relative('.', script), program));
    process.exit(0);
  }
  try {
    return parseOptions(program, words);
  } catch (error) {
    // Behind the first sentence Node explains how to pass what looks like an option.
    const [problem] = String(error instanceof Error ? error.message : error).split('. ');
    console.error(`error: ${problem} (--help lists the options)`);
    process.exit(USAGE_ERROR);
  }
}

/** Throws what is wrong with the words, in one line. */
export function parseOptions<Known extends Options>(
  { options, positionals }: Program<Known>,
  words: readonly string[],
): Parsed<Known> {
  const parsed = parseArgs({ args: [...words], options, allowPositionals: true });
  const [first] = parsed.positionals;
  if (positionals === undefined && first !== undefined) throw new Error(`Unexpected argument '${first}'`);
  if (positionals?.startsWith('<') === true && first === undefined) throw new Error(`${positionals} is missing`);
  const values = parsed.values as Readonly<Record<string, unknown>>;
  for (const [name, { default: usual }] of Object.entries<Declared>(options)) {
    const given = values[name];
    if (isNumber(usual) && !isNumber(given)) throw new Error(`--${name} takes a number, not '${String(given)}'`);
  }
  return parsed as Parsed<Known>;
}

export function helpText(script: string, { purpose, positionals, options }: Program<Options>): string {
  const rows = Object.entries(options).map(([name, { value, words, default: usual }]) => {
    const flag = value === undefined ? `--${name}` : `--${name} <${value}>`;
    const usually = usual === undefined || usual === false || usual === '' ? '' : ` (default: ${String(usual)})`;
    return [flag, `${words}${usually}`] as const;
  });
  const all = [...rows, ['--help', 'show this'] as const];
  const width = Math.max(...all.map(([flag]) => flag.length));
  return [
    `Usage: npx tsx ${[script, '[options]', ...(positionals === undefined ? [] : [positionals])].join(' ')}`,
    '',
    purpose,
    '',
    'Options:',
    ...all.map(([flag, words]) => `  ${flag.padEnd(width)}  ${words}`),
  ].join('\n');
}

function isNumber(text: unknown): boolean {
  return typeof text === 'string' && text.trim() !== '' && Number.isFinite(Number(text));
}
