import { ArmatureError } from '../core/errors.ts';
import type { KeySource } from '../teleop/keyboard/key-source.ts';
import { openTerminalKeys } from './session-keys.ts';

export interface ConsentOptions {
  /** What is about to happen. */
  readonly question: string;
  /** Keys that somebody listens to already; undefined: those of this terminal. */
  readonly keys: KeySource | undefined;
  readonly signal: AbortSignal;
}

/**
 * Waits for the person at the terminal: Enter is consent; Escape, an interrupt, or a terminal that goes away is none.
 * Throws E_NO_CONSENT where there is no terminal.
 */
export async function askConsent({ question, keys, signal }: ConsentOptions): Promise<boolean> {
  if (signal.aborted) return false;
  const isOwn = keys === undefined;
  const source = keys ?? openKeys();
  process.stderr.write(`${question} Enter: go on. Escape: leave.\n`);
  try {
    return await answer(source, signal);
  } finally {
    if (isOwn) source.close();
  }
}

function answer(source: KeySource, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const finish = (consents: boolean): void => {
      unlisten();
      signal.removeEventListener('abort', refuse);
      resolve(consents);
    };
    const refuse = (): void => finish(false);
    const unlisten = source.listen({
      onKey: ({ key, kind }) => {
        if (kind === 'press' && key === 'enter') finish(true);
        if (kind === 'press' && key === 'escape') finish(false);
      },
      onLost: refuse,
    });
    signal.addEventListener('abort', refuse);
  });
}

function openKeys(): KeySource {
  const keys = openTerminalKeys();
  if (keys !== undefined) return keys;
  throw new ArmatureError('E_NO_CONSENT', 'a real arm is about to move, and nobody is at a terminal to agree', {
    remedy: 'Start it in a terminal. Or give --yes where somebody looks at the arm and can cut its power.',
  });
}
