import { createHash } from 'node:crypto';
import { z } from 'zod';
import { InvalidFileError } from '../core/errors.ts';

/** What the first line follows. */
const GENESIS = '0'.repeat(64);
const HASH_LENGTH = 64;
/** Stands between a line's content and its own hash. */
const SEAL = ',"sha256":"';
const END = '"}';

const documentSchema = z.record(z.string(), z.unknown());

/**
 * Makes lines of JSON of which each names the hash of the one before and ends with its own: a line that was
 * changed, added, moved or taken out shows. Nothing here is secret: someone who recomputes all lines after a
 * change is only found out by who noted the last hash.
 */
export class HashChain {
  #last = GENESIS;

  /** Hash of the last line. */
  get sha256(): string {
    return this.#last;
  }

  /** The next line, without its line end. */
  line(document: Readonly<Record<string, unknown>>): string {
    const content = JSON.stringify({ previous: this.#last, ...document }).slice(0, -1);
    this.#last = sha256(content);
    return content + SEAL + this.#last + END;
  }
}

/** The documents of a chain, and the hash of its last line. */
export interface VerifiedChain {
  readonly documents: readonly Readonly<Record<string, unknown>>[];
  readonly sha256: string;
}

/**
 * Reads lines that a HashChain made, less the members it added. Throws InvalidFileError, naming the line, for one
 * that is no JSON, was changed, or does not follow the one before. A chain that was cut behind a line is whole
 * as far as it goes: its last document must say that it is the last.
 */
export function verifyChain(text: string, path: string): VerifiedChain {
  const lines = text.split('\n');
  const isComplete = lines.pop() === '';
  let last = GENESIS;
  const documents = lines.map((line, index) => {
    const where = `line ${index + 1}`;
    const sealAt = line.length - END.length - HASH_LENGTH - SEAL.length;
    const hash = line.slice(sealAt + SEAL.length, sealAt + SEAL.length + HASH_LENGTH);
    if (line.slice(sealAt, sealAt + SEAL.length) !== SEAL || !line.endsWith(END)) {
      throw broken(path, `${where} does not end with its hash`, 'The file was cut, or it is no black box.');
    }
    const content = line.slice(0, sealAt);
    if (sha256(content) !== hash) throw broken(path, `${where} was changed: its hash does not fit`, EDITED);
    const { previous, sha256: _, ...document } = parse(line, path, where);
    if (previous !== last) throw broken(path, `${where} does not follow the line before it`, MOVED);
    last = hash;
    return document;
  });
  if (!isComplete) throw broken(path, `it ends in the middle of line ${lines.length + 1}`, 'The file was cut.');
  return { documents, sha256: last };
}

const EDITED = 'Use the file as it was written; what stands behind this line proves nothing.';
const MOVED = 'A line was taken out, added or moved: use the file as it was written.';

function parse(line: string, path: string, where: string): Readonly<Record<string, unknown>> {
  try {
    return documentSchema.parse(JSON.parse(line));
  } catch (cause) {
    throw new InvalidFileError(path, `${where} is no JSON object`, { remedy: EDITED, cause });
  }
}

function broken(path: string, problem: string, remedy: string): InvalidFileError {
  return new InvalidFileError(path, problem, { remedy });
}

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
