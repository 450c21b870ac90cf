import { createReadStream, existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { NS_PER_S } from '../core/clock.ts';
import type { Clock } from '../core/clock.ts';
import { InvalidFileError } from '../core/errors.ts';
import { QUIT } from '../runtime/calibration/calibration-operator.ts';
import type { CalibrationOperator } from '../runtime/calibration/calibration-operator.ts';
import type { KeyEvent, KeySource } from '../teleop/keyboard/key-source.ts';
import { openTerminalKeys } from './session-keys.ts';

/** A word that needs more than Enter: it writes. */
const EXPLICIT = 'yes';

/** An operator at a terminal: Enter says that a step is done, the first letter of any answer says it, q or Escape ends. */
class KeyWords implements CalibrationOperator {
  readonly #keys: KeyEvent[] = [];
  readonly #forget: () => void;
  #isGone = false;

  constructor(keys: KeySource) {
    this.#forget = keys.listen({
      onKey: (event) => {
        if (event.kind === 'press' && !event.ctrl && !event.alt) this.#keys.push(event);
      },
      onLost: () => (this.#isGone = true),
    });
  }

  get isGone(): boolean {
    return this.#isGone;
  }

  next(words: readonly string[]): string | undefined {
    for (let event = this.#keys.shift(); event !== undefined; event = this.#keys.shift()) {
      const { key } = event;
      if (key === 'escape' || key === 'q') return QUIT;
      const word =
        key === 'enter' ? words.find((known) => known !== EXPLICIT) : words.find((known) => known[0] === key);
      if (key === 'enter' && words.includes(EXPLICIT)) continue;
      if (word !== undefined) return word;
    }
    return undefined;
  }

  close(): void {
    this.#forget();
  }
}

/** A program, or a script: a word a line; `wait 2` lets two seconds pass; lines that are empty or begin with # are skipped. */
class LineWords implements CalibrationOperator {
  readonly #clock: Clock;
  readonly #lines: string[] = [];
  readonly #close: () => void;
  #hasEnded = false;
  #waitUntilNs = 0;

  constructor(input: Readable, clock: Clock) {
    this.#clock = clock;
    const reader = createInterface({ input, crlfDelay: Infinity });
    reader.on('line', (line) => this.#lines.push(line));
    reader.on('close', () => (this.#hasEnded = true));
    this.#close = () => reader.close();
  }

  get isGone(): boolean {
    return this.#hasEnded && this.#lines.length === 0 && this.#clock.nowNs() >= this.#waitUntilNs;
  }

  next(): string | undefined {
    while (this.#clock.nowNs() >= this.#waitUntilNs) {
      const line = this.#lines.shift()?.trim();
      if (line === undefined) return undefined;
      const wait = /^wait (\d+(?:\.\d+)?)$/.exec(line);
      if (wait !== null) this.#waitUntilNs = this.#clock.nowNs() + Number(wait[1]) * NS_PER_S;
      else if (line !== '' && !line.startsWith('#')) return line;
    }
    return undefined;
  }

  close(): void {
    this.#close();
  }
}

/** Words from a script, from the keys of a terminal, or, where the input is none, line by line. Throws InvalidFileError. */
export function openOperator(script: string | undefined, clock: Clock): CalibrationOperator & { close(): void } {
  if (script !== undefined) {
    if (!existsSync(script))
      throw new InvalidFileError(script, 'there is no such script', { remedy: 'Check the path.' });
    return new LineWords(createReadStream(script), clock);
  }
  const keys = openTerminalKeys();
  if (keys === undefined) return new LineWords(process.stdin, clock);
  const words = new KeyWords(keys);
  return {
    next: (expected) => words.next(expected),
    get isGone() {
      return words.isGone;
    },
    close: () => {
      words.close();
      keys.close();
    },
  };
}
