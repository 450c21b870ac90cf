import { ArmatureError } from '../core/errors.ts';

/** A failure as a person and as a program reads it. */
export interface Failure {
  readonly text: string;
  readonly document: { readonly error: Readonly<Record<string, string>> };
}

/**
 * Says what went wrong. An ArmatureError speaks for itself; of anything else the stack is shown,
 * because it is a fault of the program and not of its user.
 */
export function describeFailure(error: unknown): Failure {
  if (error instanceof ArmatureError) {
    const { code, message, expected, found, remedy } = error;
    return {
      text: message,
      document: {
        error: {
          code,
          message,
          ...(expected === undefined ? {} : { expected }),
          ...(found === undefined ? {} : { found }),
          remedy,
        },
      },
    };
  }
  const message = error instanceof Error ? error.message : String(error);
  const stack = error instanceof Error ? (error.stack ?? message) : message;
  return {
    text: `E_INTERNAL: ${stack}\nThis is a fault in Armature: please report it with the lines above.`,
    document: { error: { code: 'E_INTERNAL', message, remedy: 'Please report it with the command that led to it.' } },
  };
}
