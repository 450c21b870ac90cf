/** What a failure tells its reader: what was expected, what was found, and what to do about it. */
export interface ErrorDetails {
  readonly expected?: string;
  readonly found?: string;
  readonly remedy: string;
  readonly cause?: unknown;
}

/**
 * Base of every error Armature throws on purpose. `code` is stable and documented in docs/errors.md;
 * the message names the thing that is wrong and ends with the remedy.
 */
export class ArmatureError extends Error {
  readonly code: string;
  /** The message without code, details and remedy. */
  readonly problem: string;
  readonly expected: string | undefined;
  readonly found: string | undefined;
  readonly remedy: string;

  constructor(code: string, problem: string, details: ErrorDetails) {
    const expected = details.expected === undefined ? '' : ` Expected ${sentence(details.expected)}`;
    const found = details.found === undefined ? '' : ` Found ${sentence(details.found)}`;
    super(`${code}: ${sentence(problem)}${expected}${found} ${details.remedy}`, { cause: details.cause });
    this.name = new.target.name;
    this.code = code;
    this.problem = problem;
    this.expected = details.expected;
    this.found = details.found;
    this.remedy = details.remedy;
  }
}

/** With its full stop, which what another program or error says may have already. */
function sentence(words: string): string {
  return words.endsWith('.') ? words : `${words}.`;
}

/** What anything that was thrown says of itself. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** Kinds of things whose names a user may add to. */
const ADDED_AS_DATA: readonly string[] = ['robot', 'policy', 'task', 'suite'];

/** A name that is not among the known ones. Its message lists the valid names. */
export class UnknownNameError extends ArmatureError {
  constructor(kind: string, name: string, validNames: readonly string[]) {
    super(`E_UNKNOWN_${kind.toUpperCase().replaceAll(' ', '_')}`, `unknown ${kind} "${name}"`, {
      expected: `one of: ${[...validNames].toSorted().join(', ') || '(none found)'}`,
      remedy: ADDED_AS_DATA.includes(kind)
        ? `Use one of these names, or add the ${kind} as a folder or file of data.`
        : 'Use one of these names.',
    });
  }
}

/** A file that is missing, unreadable, or does not match its schema. */
export class InvalidFileError extends ArmatureError {
  readonly path: string;

  constructor(path: string, problem: string, details: ErrorDetails) {
    super('E_INVALID_FILE', `${path}: ${problem}`, details);
    this.path = path;
  }
}
