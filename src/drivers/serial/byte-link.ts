import { readSync, writeSync } from 'node:fs';
import { ArmatureError } from '../../core/errors.ts';

/**
 * A way for bytes to the bus and back. Nothing waits: what cannot go or is not there yet is said so. After the first fault
 * it stays shut: every call throws ArmatureError `E_SERIAL_LOST`.
 */
export interface ByteLink {
  /** Sends `bytes[0]` up to `bytes[count - 1]`, all of them or none are on their way. */
  write(bytes: Uint8Array, count: number): void;
  /** Puts what has arrived into `into`, at most as much as it holds; returns how many bytes. */
  read(into: Uint8Array): number;
}

/** A port takes up to this much without a pause: packets are shorter. */
const MOST_ATTEMPTS = 3;

/**
 * A serial port that was opened on the main thread, by its descriptor, from any thread of the process. After cable loss the port
 * reads as ended or refuses to write; either shuts this link for good, so that nothing is ever sent into a port that comes back.
 */
export class DescriptorLink implements ByteLink {
  readonly #descriptor: number;
  readonly #path: string;
  readonly #mayUse: () => boolean;
  #lost: ArmatureError | undefined;

  /**
   * @param path of the port, for messages.
   * @param mayUse asked before every use: false once another thread has taken the port over.
   */
  constructor(descriptor: number, path: string, mayUse: () => boolean = () => true) {
    this.#descriptor = descriptor;
    this.#path = path;
    this.#mayUse = mayUse;
  }

  write(bytes: Uint8Array, count: number): void {
    this.#requireLink();
    for (let sent = 0, attempt = 0; sent < count; attempt += 1) {
      if (attempt === MOST_ATTEMPTS) throw this.#lose('it takes no more bytes');
      try {
        sent += writeSync(this.#descriptor, bytes, sent, count - sent);
      } catch (cause) {
        if (codeOf(cause) !== 'EAGAIN') throw this.#lose('it does not take bytes any more', cause);
      }
    }
  }

  read(into: Uint8Array): number {
    this.#requireLink();
    // An empty port is told by an error; its stack would cost more than the reading.
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    try {
      const count = readSync(this.#descriptor, into, 0, into.length, null);
      if (count > 0) return count;
    } catch (cause) {
      if (codeOf(cause) === 'EAGAIN') return 0;
      Error.stackTraceLimit = stackTraceLimit;
      throw this.#lose('it cannot be read any more', cause);
    } finally {
      Error.stackTraceLimit = stackTraceLimit;
    }
    throw this.#lose('its other end is gone');
  }

  #requireLink(): void {
    if (this.#lost !== undefined) throw this.#lost;
    if (!this.#mayUse()) throw this.#lose('the arm process stopped the arm by itself');
  }

  #lose(how: string, cause?: unknown): ArmatureError {
    this.#lost = linkLost(this.#path, how, cause);
    return this.#lost;
  }
}

export function linkLost(path: string, how: string, cause?: unknown): ArmatureError {
  return new ArmatureError('E_SERIAL_LOST', `the serial port ${path} was lost: ${how}`, {
    remedy: 'Check cable and power of the arm, then start again: the arm does not move before it is armed anew.',
    cause,
  });
}

function codeOf(cause: unknown): unknown {
  return cause instanceof Error && 'code' in cause ? cause.code : undefined;
}
