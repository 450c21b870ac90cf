import { EventEmitter } from 'node:events';
import type { ProcessEvents } from '../../../src/teleop/keyboard/process-end.ts';
import type { TerminalInput, TerminalOutput } from '../../../src/teleop/keyboard/terminal-keys.ts';

/** A terminal whose bytes a test types. */
export class FakeTerminal extends EventEmitter implements TerminalInput {
  readonly isTTY: boolean = true;
  isRaw = false;
  isPaused = true;
  /** Everything that was written to it. */
  written = '';
  readonly output: TerminalOutput = { write: (text) => (this.written += text) };

  setRawMode(isRaw: boolean): void {
    this.isRaw = isRaw;
  }

  resume(): void {
    this.isPaused = false;
  }

  pause(): void {
    this.isPaused = true;
  }

  type(text: string): void {
    this.emit('data', Buffer.from(text));
  }
}

/** A process that ends when a test says so; `kills` are the signals it sent to itself. */
export class FakeProcess extends EventEmitter {
  readonly pid = 1;
  readonly kills: string[] = [];

  kill(_: number, signal: string): boolean {
    this.kills.push(signal);
    return true;
  }

  get events(): ProcessEvents {
    return this as unknown as ProcessEvents;
  }
}
