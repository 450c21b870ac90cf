import { ArmatureError } from './errors.ts';

/** The values of an ArmatureError, for other threads and processes: a class does not survive the way. */
export interface Failure {
  readonly code: string;
  readonly problem: string;
  readonly expected?: string;
  readonly found?: string;
  readonly remedy: string;
}

/** @param otherwise code and remedy of what is no error of ours; its message is kept. */
export function toFailure(error: unknown, otherwise: Pick<Failure, 'code' | 'remedy'>): Failure {
  if (error instanceof ArmatureError) {
    const { code, problem, expected, found, remedy } = error;
    const details = { ...(expected === undefined ? {} : { expected }), ...(found === undefined ? {} : { found }) };
    return { code, problem, ...details, remedy };
  }
  const problem = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { code: otherwise.code, problem, remedy: otherwise.remedy };
}

export function toError({ code, problem, ...details }: Failure): ArmatureError {
  return new ArmatureError(code, problem, details);
}
