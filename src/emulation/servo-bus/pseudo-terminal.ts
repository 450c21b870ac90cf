import { spawnSync } from 'node:child_process';
import { closeSync, constants, openSync, readlinkSync, rmSync, symlinkSync, writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { ReadStream } from 'node:tty';
import { ArmatureError } from '../../core/errors.ts';

/** What node-pty's binary part gives for a new pair. */
interface OpenedPair {
  readonly master: number;
  readonly slave: number;
  readonly pty: string;
}

const SOCAT = 'socat pty,raw,echo=0,link=A pty,raw,echo=0,link=B';

/**
 * A pair of terminals, of which the far one looks like a serial port to whoever opens `path`: raw, eight bits, no echo. The far end
 * is held open here too, so that clients may come and go as they do at a wire.
 */
export class PseudoTerminal {
  /** Of the device; it exists until `close`. */
  readonly path: string;
  readonly #descriptor: number;
  readonly #stream: ReadStream;
  readonly #far: ReadStream | undefined;

  private constructor(path: string, descriptor: number, far: number | undefined) {
    this.path = path;
    this.#descriptor = descriptor;
    // As a stream, for it takes the descriptor over; it is never read from.
    this.#far = far === undefined ? undefined : new ReadStream(far);
    this.#stream = new ReadStream(descriptor);
    // Of a device whose other end has gone there is nothing more to hear.
    this.#stream.on('error', () => undefined);
  }

  /** Throws ArmatureError E_PSEUDO_TERMINAL where the system has none for us. */
  static open(): PseudoTerminal {
    const { master, slave, pty } = openPair();
    const raw = spawnSync('stty', ['raw', '-echo'], { stdio: [slave, 'ignore', 'pipe'] });
    if (raw.status === 0) return new PseudoTerminal(pty, master, slave);
    for (const end of [master, slave]) closeSync(end);
    throw new ArmatureError('E_PSEUDO_TERMINAL', 'a pseudo-terminal could not be made raw', {
      found: raw.error?.message ?? raw.stderr.toString().trim(),
      remedy: 'Install stty (coreutils).',
    });
  }

  /** Uses a device that is there, such as one end of what socat joins. Throws ArmatureError E_PSEUDO_TERMINAL. */
  static use(device: string): PseudoTerminal {
    try {
      return new PseudoTerminal(
        device,
        openSync(device, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK),
        undefined,
      );
    } catch (cause) {
      throw new ArmatureError('E_PSEUDO_TERMINAL', `${device} cannot be opened`, {
        found: (cause as Error).message,
        remedy: `Name one end of a pair of terminals, such as ${SOCAT} makes.`,
        cause,
      });
    }
  }

  onData(listener: (bytes: Buffer) => void): void {
    this.#stream.on('data', listener);
  }

  /** Sends what fits; the rest is lost, as at a wire that nobody listens to. */
  write(bytes: Uint8Array, length: number): void {
    try {
      writeSync(this.#descriptor, bytes, 0, length);
    } catch {
      // EAGAIN: the far end reads nothing.
    }
  }

  /** The far end hears the terminal hang up, as when a cable is pulled. */
  close(): void {
    this.#stream.destroy();
    this.#far?.destroy();
  }
}

/** Makes `link` lead to a device; a link that is there is replaced. Throws ArmatureError E_PSEUDO_TERMINAL for anything else there. */
export function linkDevice(link: string, device: string): void {
  try {
    unlinkDevice(link);
    symlinkSync(device, link);
  } catch (cause) {
    throw new ArmatureError('E_PSEUDO_TERMINAL', `the link ${link} cannot be made`, {
      found: (cause as Error).message,
      remedy: 'Choose a path in a folder that can be written to, where there is no file.',
      cause,
    });
  }
}

/** Takes the link away, if it is one. */
export function unlinkDevice(link: string): void {
  try {
    readlinkSync(link);
  } catch {
    return;
  }
  rmSync(link);
}

function openPair(): OpenedPair {
  try {
    const require = createRequire(import.meta.url);
    // The package's own `open` reads from both ends by itself; its binary part gives the bare pair.
    const { requireBinary } = require('@lydell/node-pty/requireBinary.js') as {
      requireBinary: (file: string) => { open: (columns: number, rows: number) => OpenedPair };
    };
    return requireBinary('pty.node').open(80, 24);
  } catch (cause) {
    throw new ArmatureError('E_PSEUDO_TERMINAL', 'this system gives no pseudo-terminal', {
      found: (cause as Error).message.split('\n')[0] ?? '',
      remedy: `@lydell/node-pty has binaries for Linux and macOS on x64 and arm64; elsewhere join two ends with socat (${SOCAT}) and give --device A.`,
      cause,
    });
  }
}
