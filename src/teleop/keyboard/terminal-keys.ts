import { ArmatureError } from '../../core/errors.ts';
import { KeyDecoder } from './key-decoder.ts';
import type { TerminalEvent } from './key-decoder.ts';
import type { KeyEvent, KeyListener, KeySource } from './key-source.ts';
import { onProcessEnd } from './process-end.ts';
import type { ProcessEvents } from './process-end.ts';

/** The part of a terminal's input that is needed; process.stdin is one. */
export interface TerminalInput {
  readonly isTTY?: boolean;
  setRawMode?(isRaw: boolean): unknown;
  on(event: 'data', listener: (bytes: Buffer) => void): unknown;
  on(event: 'end' | 'close' | 'error', listener: () => void): unknown;
  off(event: 'data', listener: (bytes: Buffer) => void): unknown;
  off(event: 'end' | 'close' | 'error', listener: () => void): unknown;
  resume(): unknown;
  pause(): unknown;
}

/** The part of its output that is needed; process.stdout and process.stderr are two. */
export interface TerminalOutput {
  write(text: string): unknown;
  on?(event: 'error', listener: () => void): unknown;
}

export interface TerminalKeysOptions {
  readonly input: TerminalInput;
  readonly output: TerminalOutput;
  /** Called for Ctrl-C, which a raw terminal no longer turns into a signal. Default: sends SIGINT to this process. */
  readonly onInterrupt?: () => void;
  /** Whose end gives the terminal back; default this process. */
  readonly process?: ProcessEvents;
}

const CSI = '\u001b[';
/**
 * Asks for the kitty keyboard flags; terminals without them stay silent. Tells when the window loses the keys, and
 * frames what is pasted.
 */
const BEGIN = `${CSI}?u${CSI}?1004h${CSI}?2004h`;
/** Flags: 1 escape codes without ambiguity, 2 repeats and releases, 4 other names of a key, 8 letters as well. */
const KITTY_FLAGS = 1 + 2 + 4 + 8;
const KITTY_ON = `${CSI}>${KITTY_FLAGS}u`;
const KITTY_OFF = `${CSI}<u`;
const END = `${CSI}?2004l${CSI}?1004l`;
/** A lone ESC is the Escape key after this. Sequences split by a slow link arrive closer together than that. */
const ESCAPE_MS = 50;

/** The keys of a terminal, here or at the other end of SSH. */
export class TerminalKeys implements KeySource {
  readonly #options: TerminalKeysOptions;
  readonly #decoder = new KeyDecoder();
  readonly #listeners = new Set<KeyListener>();
  readonly #forgetProcess: () => void;
  readonly #onData = (bytes: Buffer): void => this.#receive(bytes);
  readonly #onGone = (): void => void this.#lose();
  #isKitty = false;
  #isOpen = true;
  #isRestored = false;
  #settleTimer: NodeJS.Timeout | undefined;

  /** Takes the terminal over. Throws ArmatureError E_NO_TERMINAL when the input is none. */
  constructor(options: TerminalKeysOptions) {
    const { input, output } = options;
    if (input.isTTY !== true || input.setRawMode === undefined) throw noTerminal();
    this.#options = options;
    this.#forgetProcess = onProcessEnd(options.process ?? process, {
      onEnd: () => this.#restore(),
      onHangUp: () => this.#lose(),
      onContinue: () => this.#takeOver(),
    });
    for (const event of ['end', 'close', 'error'] as const) input.on(event, this.#onGone);
    input.on('data', this.#onData);
    this.#takeOver();
    output.write(BEGIN);
    input.resume();
  }

  get reportsReleases(): boolean {
    return this.#isKitty;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  listen(listener: KeyListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    const { input } = this.#options;
    this.#isOpen = false;
    clearTimeout(this.#settleTimer);
    input.off('data', this.#onData);
    // After `close` a stream that fails has nobody else to tell.
    input.pause();
    this.#restore();
    this.#forgetProcess();
    this.#listeners.clear();
  }

  #takeOver(): void {
    if (this.#isOpen) this.#options.input.setRawMode?.(true);
  }

  /** Gives the terminal back as it was. Writes at once and waits for nothing: the process may be ending. */
  #restore(): void {
    if (this.#isRestored) return;
    this.#isRestored = true;
    try {
      this.#options.output.write(`${this.#isKitty ? KITTY_OFF : ''}${END}`);
      this.#options.input.setRawMode?.(false);
    } catch {
      // A terminal that is gone has nothing to be given back.
    }
  }

  /** True when somebody listens who ends the process. */
  #lose(): boolean {
    const listening = [...this.#listeners].filter(({ onLost }) => onLost !== undefined);
    if (!this.#isOpen) return listening.length > 0;
    this.#isOpen = false;
    clearTimeout(this.#settleTimer);
    // Whatever is still written to it fails, and that must not end the process before the arm stands.
    this.#options.output.on?.('error', () => undefined);
    for (const listener of listening) listener.onLost?.();
    return listening.length > 0;
  }

  #receive(bytes: Buffer): void {
    clearTimeout(this.#settleTimer);
    for (const event of this.#decoder.push(bytes)) this.#take(event);
    if (!this.#decoder.isWaiting) return;
    this.#settleTimer = setTimeout(() => {
      for (const event of this.#decoder.settle()) this.#take(event);
    }, ESCAPE_MS);
    this.#settleTimer.unref();
  }

  #take(found: TerminalEvent): void {
    if (found.type === 'kitty-flags') {
      if (this.#isKitty || this.#isRestored) return;
      this.#isKitty = true;
      this.#options.output.write(KITTY_ON);
    } else if (found.type === 'focus') {
      if (!found.isIn) for (const listener of this.#listeners) listener.onReleaseAll?.();
    } else if (isInterrupt(found.event)) {
      for (const listener of this.#listeners) listener.onReleaseAll?.();
      const interrupt = this.#options.onInterrupt ?? (() => process.kill(process.pid, 'SIGINT'));
      interrupt();
    } else {
      for (const listener of this.#listeners) listener.onKey?.(found.event);
    }
  }
}

function isInterrupt({ key, ctrl, kind }: KeyEvent): boolean {
  return key === 'c' && ctrl && kind === 'press';
}

function noTerminal(): ArmatureError {
  return new ArmatureError('E_NO_TERMINAL', 'keys can only be read from a terminal', {
    found: 'an input that is a file, a pipe or nothing',
    remedy: 'Start it in a terminal; over SSH, with ssh -t.',
  });
}
