import type { KeySource } from '../teleop/keyboard/key-source.ts';
import { TerminalKeys } from '../teleop/keyboard/terminal-keys.ts';

/** The keys of this terminal; undefined where there is none. Whoever opens them closes them. */
export function openTerminalKeys(): KeySource | undefined {
  const { stdin: input, stderr: output } = process;
  return input.isTTY ? new TerminalKeys({ input, output }) : undefined;
}

/** What keys do to a session, beside driving the arm. */
export interface SessionActions {
  readonly onEnd: () => void;
  readonly onAgain: () => void;
  readonly onPause: () => void;
  readonly onStop: () => void;
  /** Somebody elsewhere may arm or reset the arm once. */
  readonly onConsent: () => void;
}

const ACTIONS: Readonly<Record<string, keyof SessionActions>> = {
  right: 'onEnd',
  left: 'onAgain',
  space: 'onPause',
  escape: 'onStop',
  y: 'onConsent',
};

/** Carries out what keys ask for; returns the function that ends it. A terminal that is gone stops the session. */
export function listenForSession(keys: KeySource | undefined, actions: SessionActions): () => void {
  if (keys === undefined) return () => undefined;
  return keys.listen({
    onKey: ({ key, kind, ctrl, alt }) => {
      const name = kind === 'press' && !ctrl && !alt ? ACTIONS[key] : undefined;
      if (name !== undefined) actions[name]?.();
    },
    onLost: () => actions.onStop(),
  });
}
