import { describe, expect, it } from 'vitest';
import { NO_AXES } from '../../src/teleop/jog/jog-input.ts';
import type { JogAction, JogReading } from '../../src/teleop/jog/jog-device.ts';
import type { KeyEvent, KeyListener, KeySource } from '../../src/teleop/keyboard/key-source.ts';
import type { BrowserGamepad } from '../../web/src/control/browser-pad.ts';
import { JogHand } from '../../web/src/control/jog-hand.ts';

/** Keys that a test presses. */
class Keys implements KeySource {
  readonly reportsReleases = true;
  readonly isOpen = true;
  readonly #listeners = new Set<KeyListener>();

  listen(listener: KeyListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  send(key: string, kind: KeyEvent['kind']): void {
    for (const listener of this.#listeners) listener.onKey?.({ key, kind, ctrl: false, alt: false, shift: false });
  }

  close(): void {
    this.#listeners.clear();
  }
}

/** A pad in the standard layout of browsers. */
function pad(changes: { axes?: Record<number, number>; buttons?: Record<number, number>; timestamp?: number } = {}) {
  const { axes = {}, buttons = {}, timestamp = 0 } = changes;
  return {
    id: 'a pad',
    mapping: 'standard',
    axes: [0, 1, 2, 3].map((axis) => axes[axis] ?? 0),
    buttons: Array.from({ length: 17 }, (_, button) => ({
      value: buttons[button] ?? 0,
      pressed: (buttons[button] ?? 0) > 0.5,
    })),
    timestamp,
  } satisfies BrowserGamepad;
}

function bench() {
  const keys = new Keys();
  const said: JogReading[] = [];
  const acted: JogAction[] = [];
  const state: { nowMs: number; pads: (BrowserGamepad | null)[] | undefined } = { nowMs: 0, pads: [] };
  const hand = new JogHand({
    keys,
    pads: () => state.pads,
    nowMs: () => state.nowMs,
    say: (reading) => said.push(reading),
    act: (action) => acted.push(action),
  });
  return { keys, said, acted, state, hand, newest: (): JogReading | undefined => said.at(-1) };
}

describe('the hand on the page', () => {
  it('says at once what is pressed and let go, and again and again meanwhile', () => {
    const { hand, said, newest } = bench();
    hand.press('forward', { x: 1 });
    hand.press('up', { z: 1 });
    expect(newest()).toEqual({ axes: { ...NO_AXES, x: 1, z: 1 }, isDeadManHeld: true });
    hand.tick();
    expect(said).toHaveLength(3);
    hand.release('up');
    expect(newest()?.axes).toEqual({ ...NO_AXES, x: 1 });
    hand.release('forward');
    expect(newest()).toEqual({ axes: NO_AXES, isDeadManHeld: false });
    hand.release('forward');
    expect(said).toHaveLength(5);
  });

  it('moves by the keys of the terminal, which set the same', () => {
    const { hand, keys, state, acted, newest } = bench();
    keys.send('w', 'press');
    hand.tick();
    expect(newest()).toEqual({ axes: { ...NO_AXES, x: 1, joint: 1 }, isDeadManHeld: true });
    state.nowMs = 500;
    keys.send('w', 'release');
    hand.tick();
    expect(newest()?.isDeadManHeld).toBe(false);
    for (const key of ['m', '3', '+', 'b', 'z']) keys.send(key, 'press');
    expect(acted).toEqual([
      { kind: 'next-mode' },
      { kind: 'joint', number: 3 },
      { kind: 'faster' },
      { kind: 'give-back' },
    ]);
  });

  it('moves by a gamepad while its left trigger is held, as a gamepad at this computer does', () => {
    const { hand, state, acted, newest } = bench();
    state.pads = [null, pad({ axes: { 1: -1, 2: 1 }, buttons: { 5: 1, 13: 1 } })];
    hand.tick();
    expect(newest()?.isDeadManHeld).toBe(false);
    state.pads = [pad({ axes: { 1: -1, 2: 1 }, buttons: { 5: 1, 6: 0.7, 13: 1 } })];
    hand.tick();
    expect(newest()).toEqual({
      axes: { ...NO_AXES, x: 1, joint: 1, yaw: -1, pitch: 1, gripper: 1 },
      isDeadManHeld: true,
    });
    // A trigger that is let go a little is held still; one that says nothing for two seconds is not.
    state.pads = [pad({ axes: { 1: -1 }, buttons: { 6: 0.5, 0: 1 } })];
    hand.tick();
    hand.tick();
    expect(newest()?.isDeadManHeld).toBe(true);
    expect(acted).toEqual([{ kind: 'next-mode' }]);
    state.nowMs = 2000;
    hand.tick();
    expect(newest()?.isDeadManHeld).toBe(false);
  });

  it('does not guess at a gamepad whose buttons the browser does not know', () => {
    const { hand, state, newest } = bench();
    state.pads = [{ ...pad({ buttons: { 6: 1 } }), mapping: '' }];
    hand.tick();
    expect(newest()?.isDeadManHeld).toBe(false);
    expect(hand.pad.problem).toMatch(/does not know/);
  });

  it('never pushes beyond the ends, and lets go of everything when the page is hidden', () => {
    const { hand, newest } = bench();
    hand.press('a', { x: 1 });
    hand.press('b', { x: 1, y: -1 });
    hand.press('c', { y: -0.5 });
    expect(newest()?.axes).toMatchObject({ x: 1, y: -1 });
    hand.letGo();
    expect(newest()).toEqual({ axes: NO_AXES, isDeadManHeld: false });
    hand.tick();
    expect(newest()?.isDeadManHeld).toBe(false);
  });

  it('goes on with keys and buttons where the browser shows no gamepads', () => {
    const { hand, state, newest } = bench();
    state.pads = undefined;
    hand.press('forward', { x: 1 });
    expect(newest()).toMatchObject({ isDeadManHeld: true, axes: { x: 1 } });
    expect(hand.pad.problem).toContain('shows none');
  });
});
