import { constants } from 'node:os';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/**
 * While open, the first interrupt (Ctrl-C) or request to end asks for a controlled stop through `signal`;
 * the second ends the process at once.
 */
export class Interruption {
  readonly #controller = new AbortController();
  #exitCode: number | undefined;
  readonly #listener = (name: NodeJS.Signals): void => {
    // As shells report it: 128 and the number of the signal.
    const exitCode = 128 + constants.signals[name];
    if (this.#exitCode !== undefined) process.exit(exitCode);
    this.#exitCode = exitCode;
    this.#controller.abort();
  };

  constructor() {
    for (const name of SIGNALS) process.on(name, this.#listener);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Settles with the first interrupt. */
  get interrupted(): Promise<void> {
    return new Promise((resolve) => {
      if (this.signal.aborted) resolve();
      this.signal.addEventListener('abort', () => resolve(), { once: true });
    });
  }

  /** Status the process should end with; undefined when nothing interrupted it. */
  get exitCode(): number | undefined {
    return this.#exitCode;
  }

  close(): void {
    for (const name of SIGNALS) process.off(name, this.#listener);
  }
}
