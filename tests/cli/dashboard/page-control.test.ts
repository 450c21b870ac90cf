import { describe, expect, it } from 'vitest';
import { browserCommand } from '../../../src/cli/dashboard/open-browser.ts';
import { EpisodeTurn } from '../../../src/cli/dashboard/episode-turn.ts';
import { PageControl } from '../../../src/cli/dashboard/page-control.ts';
import { driveDesk, recordingDesk } from '../../../src/cli/dashboard/session-desks.ts';
import { NS_PER_MS, VirtualClock } from '../../../src/core/clock.ts';
import type { RecordingSession } from '../../../src/runtime/recording/recording-session.ts';
import { NO_AXES } from '../../../src/teleop/jog/jog-input.ts';
import { PageJog } from '../../../src/teleop/page/page-jog.ts';

const operator = '';

function bench() {
  const clock = new VirtualClock();
  clock.advanceNs(1e9);
  const jog = new PageJog(clock);
  const resets: string[] = [];
  const reset = (): string => {
    resets.push('reset');
    return 'reset';
  };
  const control = new PageControl({ clock, jog, isLatched: () => false, reset: () => reset });
  const say = (page: number, isDeadManHeld: boolean, axes = { ...NO_AXES, x: 1 }): string =>
    control.carryOut({ kind: 'jog', axes, isDeadManHeld, seenMs: clock.nowNs() / NS_PER_MS, operator }, page);
  const take = (page: number): string => control.carryOut({ kind: 'take-control', operator }, page);
  return { clock, jog, control, say, take, resets };
}

describe('PageControl', () => {
  it('lets one page at a time move the arm, and frees it when that page is gone', () => {
    const { jog, control, say, take } = bench();
    expect(say(1, false)).toBe('');
    say(1, true);
    expect(jog.isHeld).toBe(false);
    expect(take(1)).toContain('You have the control');
    say(1, false);
    say(1, true);
    expect(jog.isHeld).toBe(true);
    expect(() => take(2)).toThrow(/E_DASHBOARD_CONTROL/);
    say(2, false);
    expect(jog.isHeld).toBe(true);
    control.leave(2);
    expect(control.report().holder).toBe(1);
    control.leave(1);
    expect(jog.isHeld).toBe(false);
    expect(control.report().holder).toBeNull();
  });

  it('gives the control to another page that asks while nothing is held; what the first one holds then is nothing', () => {
    const { jog, control, say, take } = bench();
    take(1);
    say(1, false);
    take(2);
    say(1, true);
    expect(jog.isHeld).toBe(false);
    expect(() => control.carryOut({ kind: 'set', action: { kind: 'faster' }, operator }, 1)).toThrow(
      /another page has the control/,
    );
    expect(control.carryOut({ kind: 'set', action: { kind: 'faster' }, operator }, 2)).toBe('');
  });

  it('refuses to move what no page moves, and to reset what is looked at first', () => {
    const control = new PageControl({ clock: new VirtualClock(), isLatched: () => false, reset: () => undefined });
    expect(() => control.carryOut({ kind: 'take-control', operator }, 1)).toThrow(/no page moves this arm/);
    expect(() => control.carryOut({ kind: 'reset', operator }, 1)).toThrow(/not reset from the page/);
    expect(() => control.carryOut({ kind: 'session', action: 'begin', operator }, 1)).toThrow(/E_DASHBOARD_CONTROL/);
    expect(control.report()).toMatchObject({ jog: null, session: null, canReset: false });
  });

  it('resets a stop where that is for a page', () => {
    const { control, resets } = bench();
    expect(control.report().canReset).toBe(true);
    expect(control.carryOut({ kind: 'reset', operator }, 1)).toBe('reset');
    expect(resets).toEqual(['reset']);
  });
});

describe('EpisodeTurn', () => {
  const { signal } = new AbortController();

  it('goes on by itself unless somebody stopped the arm', async () => {
    const turn = new EpisodeTurn({ asksFirst: false, isForPages: true });
    expect(await turn.until(signal)).toBe(true);
    turn.hold();
    const next = turn.until(signal);
    expect(turn.isWaiting).toBe(true);
    turn.begin();
    expect(await next).toBe(true);
    expect(await turn.until(signal)).toBe(true);
  });

  it('begins nothing while a stop is latched', async () => {
    const turn = new EpisodeTurn({ asksFirst: false, isForPages: true });
    turn.latch();
    const next = turn.until(signal);
    expect(() => turn.begin()).toThrow(/latched/);
    turn.reset();
    turn.begin();
    expect(await next).toBe(true);
  });

  it('ends with the session', async () => {
    const controller = new AbortController();
    const turn = new EpisodeTurn({ asksFirst: true, isForPages: true });
    const next = turn.until(controller.signal);
    controller.abort();
    expect(await next).toBe(false);
    expect(await turn.until(controller.signal)).toBe(false);
    const left = turn.until(signal);
    turn.leave();
    expect(await left).toBe(false);
    expect(() => turn.begin()).toThrow(/E_DASHBOARD_EPISODE/);
  });
});

describe('what a page may do to a session', () => {
  it('is what the keys of a recording do, and only when they mean something', async () => {
    const done: string[] = [];
    const session = { isPaused: false, savedCount: 2, rowCount: 40 };
    const recording = {
      ...session,
      endEpisode: () => done.push('end'),
      recordAgain: () => done.push('again'),
      pause: (isPaused: boolean) => done.push(isPaused ? 'pause' : 'go on'),
      stop: () => done.push('stop'),
    } as unknown as RecordingSession;
    const turn = new EpisodeTurn({ asksFirst: true, isForPages: true });
    const desk = recordingDesk({ turn, view: { session: recording, said: 'saved episode 1' }, wanted: 5 });
    turn.isUnderWay = true;
    expect(desk.report()).toMatchObject({ state: 'runs', saved: 2, wanted: 5, rows: 40, said: 'saved episode 1' });
    expect(() => desk.carryOut('begin')).toThrow(/E_DASHBOARD_EPISODE/);
    for (const action of ['pause', 'again', 'end'] as const) desk.carryOut(action);
    turn.isUnderWay = false;
    expect(desk.report()).toMatchObject({ state: 'waits', can: ['leave'] });
    const next = turn.until(new AbortController().signal);
    expect(desk.report()).toMatchObject({ state: 'waits', can: ['begin', 'leave'] });
    expect(() => desk.carryOut('end')).toThrow(/E_DASHBOARD_EPISODE/);
    desk.carryOut('begin');
    expect(await next).toBe(true);
    desk.carryOut('leave');
    expect(done).toEqual(['pause', 'again', 'end', 'stop']);
  });

  it('never begins with a real arm', () => {
    const turn = new EpisodeTurn({ asksFirst: false, isForPages: false });
    const desk = driveDesk({ turn, hasScenes: false, end: () => undefined, leave: () => undefined });
    turn.isUnderWay = true;
    expect(desk.report()).toMatchObject({ state: 'runs', can: ['leave'] });
    turn.isUnderWay = false;
    turn.hold();
    void turn.until(new AbortController().signal);
    expect(desk.report()).toMatchObject({ state: 'waits', can: ['leave'] });
    expect(() => desk.carryOut('begin')).toThrow(/E_DASHBOARD_EPISODE/);
  });
});

describe('browserCommand', () => {
  it('is there only where a browser clearly is', () => {
    expect(browserCommand('linux', { DISPLAY: ':0' })).toEqual(['xdg-open']);
    expect(browserCommand('linux', { WAYLAND_DISPLAY: 'wayland-0' })).toEqual(['xdg-open']);
    expect(browserCommand('linux', {})).toBeUndefined();
    expect(browserCommand('linux', { DISPLAY: ':0', SSH_CONNECTION: 'x' })).toBeUndefined();
    expect(browserCommand('darwin', {})).toEqual(['open']);
    expect(browserCommand('darwin', { CI: '1' })).toBeUndefined();
    expect(browserCommand('win32', {})?.[0]).toBe('cmd');
  });
});
