import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { TerminalKeys } from '../../../src/teleop/keyboard/terminal-keys.ts';
import { FakeProcess, FakeTerminal } from './fake-terminal.ts';

function open(terminal = new FakeTerminal(), events = new FakeProcess()) {
  const seen: string[] = [];
  const interrupts: string[] = [];
  const keys = new TerminalKeys({
    input: terminal,
    output: terminal.output,
    onInterrupt: () => interrupts.push('interrupt'),
    process: events.events,
  });
  keys.listen({
    onKey: ({ key, kind }) => seen.push(kind === 'press' ? key : `${key}:${kind}`),
    onReleaseAll: () => seen.push('(release all)'),
    onLost: () => seen.push('(lost)'),
  });
  return { keys, terminal, events, seen, interrupts };
}

describe('TerminalKeys', () => {
  it('gives keys to everybody who listens, until they end it', () => {
    const { keys, terminal, seen } = open();
    const others: string[] = [];
    const end = keys.listen({ onKey: ({ key }) => others.push(key) });
    terminal.type('w\u001b[C');
    end();
    terminal.type(' ');
    expect(seen).toEqual(['w', 'right', 'space']);
    expect(others).toEqual(['w', 'right']);
  });

  it('takes a lone ESC for the Escape key when nothing follows', async () => {
    const { terminal, seen } = open();
    terminal.type('\u001b');
    expect(seen).toEqual([]);
    while (seen.length === 0) await delay(5);
    expect(seen).toEqual(['escape']);
  });

  it('switches the kitty keyboard protocol on where the terminal knows it, and off at the end', () => {
    const { keys, terminal, seen } = open();
    expect(terminal.written).toContain('\u001b[?u');
    expect(keys.reportsReleases).toBe(false);
    terminal.type('\u001b[?0u');
    expect(terminal.written).toContain('\u001b[>15u');
    expect(keys.reportsReleases).toBe(true);
    terminal.type('\u001b[119u\u001b[119;1:3u');
    expect(seen).toEqual(['w', 'w:release']);
    keys.close();
    expect(terminal.written).toContain('\u001b[<u');
  });

  it('leaves a terminal alone that does not know it', () => {
    const { keys, terminal } = open();
    keys.close();
    expect(terminal.written).not.toContain('\u001b[>');
    expect(terminal.written).not.toContain('\u001b[<u');
  });

  it('releases everything when the window loses the keys', () => {
    const { terminal, seen } = open();
    terminal.type('w\u001b[O');
    expect(seen).toEqual(['w', '(release all)']);
  });

  it('interrupts on Ctrl-C, which a raw terminal does not', () => {
    const { terminal, seen, interrupts } = open();
    terminal.type('\u0003');
    terminal.type('\u001b[99;5u\u001b[99;5:3u');
    expect(interrupts).toEqual(['interrupt', 'interrupt']);
    expect(seen.filter((key) => !key.startsWith('('))).toEqual(['c:release']);
  });

  it('refuses an input that is no terminal', () => {
    const terminal = Object.assign(new FakeTerminal(), { isTTY: false });
    expect(() => open(terminal)).toThrow(/E_NO_TERMINAL.*ssh -t/);
  });
});

describe('the terminal is given back', () => {
  const given = (terminal: FakeTerminal): boolean =>
    !terminal.isRaw && terminal.written.endsWith('\u001b[?2004l\u001b[?1004l');

  it('when it is closed', () => {
    const { keys, terminal, events } = open();
    expect(terminal.isRaw).toBe(true);
    keys.close();
    expect(given(terminal)).toBe(true);
    expect(terminal.isPaused).toBe(true);
    expect(events.eventNames()).toEqual([]);
  });

  it('when the process exits, also by an error that nobody caught', () => {
    const { terminal, events } = open();
    events.emit('exit');
    expect(given(terminal)).toBe(true);
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGQUIT'])('when %s ends the process, which it still does', (signal) => {
    const { terminal, events } = open();
    events.emit(signal, signal);
    expect(given(terminal)).toBe(true);
    expect(events.kills).toEqual([signal]);
    expect(events.listenerCount(signal)).toBe(0);
  });

  it('not before the end, where somebody else answers the signal', () => {
    const { terminal, events } = open();
    events.on('SIGTERM', () => undefined);
    events.emit('SIGTERM', 'SIGTERM');
    expect(terminal.isRaw).toBe(true);
    expect(events.kills).toEqual([]);
    events.emit('exit');
    expect(given(terminal)).toBe(true);
  });

  it('and taken again when the process goes on after it was suspended', () => {
    const { terminal, events } = open();
    terminal.isRaw = false;
    events.emit('SIGCONT', 'SIGCONT');
    expect(terminal.isRaw).toBe(true);
  });
});

describe('a terminal that is lost', () => {
  it.each(['end', 'close', 'error'])('by its input (%s) is told once', (event) => {
    const { keys, terminal, seen } = open();
    terminal.emit(event);
    terminal.emit('close');
    expect(seen).toEqual(['(lost)']);
    expect(keys.isOpen).toBe(false);
  });

  it('does not keep the process from its end when it can no longer be written to', () => {
    const { terminal, events } = open();
    terminal.emit('error');
    terminal.setRawMode = () => {
      throw new Error('EIO');
    };
    expect(() => events.emit('exit')).not.toThrow();
  });

  it('by a hang-up is told, and whoever was told ends the process', () => {
    const { events, seen } = open();
    events.emit('SIGHUP', 'SIGHUP');
    expect(seen).toEqual(['(lost)']);
    expect(events.kills).toEqual([]);
    // When all is done it ends as a process does whose terminal hung up.
    events.emit('exit');
    expect(events.kills).toEqual(['SIGHUP']);
  });

  it('by a hang-up ends the process at once when nobody would', () => {
    const [terminal, events] = [new FakeTerminal(), new FakeProcess()];
    const keys = new TerminalKeys({ input: terminal, output: terminal.output, process: events.events });
    keys.listen({ onKey: () => undefined });
    events.emit('SIGHUP', 'SIGHUP');
    expect(keys.isOpen).toBe(false);
    expect(events.kills).toEqual(['SIGHUP']);
  });
});
