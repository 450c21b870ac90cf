import { ArmatureError, messageOf } from '../core/errors.ts';

/** A failure as a person and as a program reads it. */
export interface Failure {
  readonly text: string;
  readonly document: { readonly error: Readonly<Record<string, string>> };
}

/** Why a computer refuses a file, where whoever named the file can do something about it. */
const REFUSALS: Readonly<Record<string, string>> = {
  EACCES: 'its permissions forbid it',
  EPERM: 'its permissions forbid it',
  EROFS: 'the disk can only be read',
  ENOTDIR: 'a part of the path is a file and no folder',
  EISDIR: 'it is a folder',
};

/**
 * Says what went wrong. An ArmatureError speaks for itself, and so does a disk that refuses what somebody asked for; of anything
 * else the stack is shown, because it is a fault of the program and not of its user.
 */
export function describeFailure(thrown: unknown): Failure {
  const error = refusalOf(thrown) ?? thrown;
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
  const message = messageOf(error);
  const stack = error instanceof Error ? (error.stack ?? message) : message;
  return {
    text: `E_INTERNAL: ${stack}\nThis is a fault in Armature: please report it with the lines above.`,
    document: { error: { code: 'E_INTERNAL', message, remedy: 'Please report it with the command that led to it.' } },
  };
}

/** Undefined for what the file system did not say, or what only a fault of the program explains. */
function refusalOf(error: unknown): ArmatureError | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code = '', path } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC') {
    // A write of what is open already names no file.
    return new ArmatureError(
      'E_DISK_FULL',
      path === undefined ? 'there is no room left' : `there is no room left for ${path}`,
      {
        remedy: 'Make room, and do it again; what was saved before is safe.',
        cause: error,
      },
    );
  }
  const refusal = REFUSALS[code];
  if (refusal === undefined || path === undefined) return undefined;
  return new ArmatureError('E_FILE_ACCESS', `${path} cannot be used as wanted`, {
    found: refusal,
    remedy: 'Name another file or folder, or change this one.',
    cause: error,
  });
}
