/** What the operator is asked for. */
export interface CalibrationPrompt {
  readonly title: string;
  readonly instruction: string;
  /** The answers; the first says that it is done. */
  readonly words: readonly string[];
}

/** Who moves the arm, and says when a step is done. */
export interface CalibrationOperator {
  /** The next word, if one was said. @param words answers that are expected */
  next(words: readonly string[]): string | undefined;
  /** Nothing more will be said: the terminal is gone, or the script has ended. */
  readonly isGone: boolean;
}

/** What an operator says at any step to end without a change. */
export const QUIT = 'quit';
