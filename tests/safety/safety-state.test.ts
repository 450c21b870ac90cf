import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OperatorDesk } from '../../src/safety/operator.ts';
import {
  BOOT_STATE,
  hasTorque,
  isLatched,
  isListed,
  isMoving,
  SAFETY_STATES,
  TRANSITIONS,
  transition,
} from '../../src/safety/safety-state.ts';
import type { SafetyEvent, SafetyState, SafetyStateName } from '../../src/safety/safety-state.ts';
import { SafetyStateMachine } from '../../src/safety/state-machine.ts';

const operator = new OperatorDesk().issue();
const CATEGORIES = [0, 1, 2] as const;
const EVENTS: Record<string, SafetyEvent> = {
  ready: { type: 'ready' },
  arm: { type: 'arm', operator },
  command: { type: 'command' },
  reduce: { type: 'reduce' },
  restore: { type: 'restore', operator },
  'stop 0': { type: 'stop', category: 0 },
  'stop 1': { type: 'stop', category: 1 },
  'stop 2': { type: 'stop', category: 2 },
  standstill: { type: 'standstill' },
  'fault 0': { type: 'fault', category: 0 },
  'fault 1': { type: 'fault', category: 1 },
  'fault 2': { type: 'fault', category: 2 },
  'estop 0': { type: 'estop', category: 0 },
  'estop 1': { type: 'estop', category: 1 },
  released: { type: 'estop-released' },
  reset: { type: 'reset', operator },
};
const events = Object.values(EVENTS);
const isOperators = (event: SafetyEvent): boolean => 'operator' in event;

/** Every state a machine can be in, found by trying every event from every state found. */
function reachable(start: SafetyState, allowed: readonly SafetyEvent[] = events): SafetyState[] {
  const found = new Map([[JSON.stringify(start), start]]);
  for (const state of found.values()) {
    for (const event of allowed) {
      const next = transition(state, event);
      if (!found.has(JSON.stringify(next))) found.set(JSON.stringify(next), next);
    }
  }
  return [...found.values()];
}

/**
 * The same table once more, as a person reads it: what each event leads to, from each state without memory of
 * a stop or of lowered speed. A dot: not listed, nothing changes.
 */
const GRID = `
                 ready    arm  command reduce          restore  stop0    stop1    stop2    standstill fault0          estop0 released reset
boot             disarmed .    .       boot            boot     .        .        .        .          .               estop  .        .
disarmed         .        hold .       disarmed        disarmed .        .        .        .          .               estop  .        .
hold             .        .    active  hold            hold     disarmed disarmed hold     hold       protective-stop estop  .        .
active           .        .    active  reduced         active   stopping stopping stopping .          protective-stop estop  .        .
reduced          .        .    active  reduced         active   stopping stopping stopping .          protective-stop estop  .        .
stopping         .        .    active  stopping        stopping stopping stopping stopping hold       protective-stop estop  .        .
protective-stop  .        .    .       protective-stop protective-stop .        .        .        .          protective-stop estop  .        disarmed
estop            .        .    .       estop           estop    .        .        .        .          estop           estop  estop    disarmed
`;

describe('the transition table', () => {
  it('invariant 17: has exactly the transitions of the grid, for every state and event', () => {
    const [heading = [], ...rows] = GRID.trim()
      .split('\n')
      .map((line) => line.trim().split(/\s+/));
    expect(rows.map(([name]) => name)).toEqual([...SAFETY_STATES]);
    const triggers = heading.map((title) => EVENTS[title.replace(/(\d)$/, ' $1')] as SafetyEvent);
    for (const [name = '', ...cells] of rows) {
      const state: SafetyState = { ...BOOT_STATE, name: name as SafetyStateName };
      cells.forEach((cell, column) => {
        // Nobody is in `reduced` without lowered speed; the row is read at its nearest.
        const event = triggers[column] as SafetyEvent;
        const listed = isListed(state, event);
        const isUnreal = name === 'reduced' && event.type === 'command';
        if (isUnreal) return;
        expect(listed, `${name} + ${heading[column]}`).toBe(cell !== '.');
        expect(transition(state, event).name, `${name} + ${heading[column]}`).toBe(cell === '.' ? name : cell);
      });
    }
  });

  it('invariant 17: an event that is not listed changes nothing, not even the object', () => {
    for (const state of reachable(BOOT_STATE)) {
      for (const event of events) {
        if (!isListed(state, event)) expect(transition(state, event)).toBe(state);
      }
    }
  });

  it.each(['toString', 'constructor', '__proto__', 'STOP', ''])('invariant 17: knows no event named "%s"', (type) => {
    for (const state of reachable(BOOT_STATE)) {
      expect(transition(state, { type } as unknown as SafetyEvent)).toBe(state);
    }
  });

  it('invariant 17: an event that is listed and changes nothing gives the same object, so a tick allocates nothing', () => {
    const active = [EVENTS['ready'], EVENTS['arm'], EVENTS['command']].reduce<SafetyState>(
      (state, event) => transition(state, event as SafetyEvent),
      BOOT_STATE,
    );
    expect(active.name).toBe('active');
    expect(transition(active, { type: 'command' })).toBe(active);
  });

  it('invariant 17: reaches every state', () => {
    expect(new Set(reachable(BOOT_STATE).map((state) => state.name))).toEqual(new Set(SAFETY_STATES));
  });

  it('invariant 18: every state leads to estop in one event', () => {
    for (const state of reachable(BOOT_STATE)) {
      for (const category of [0, 1] as const) {
        const next = transition(state, { type: 'estop', category });
        expect(next.name).toBe('estop');
        expect(next.isEstopPressed).toBe(true);
      }
    }
  });

  it('invariant 18: estop needs release and then reset, and reset leads to disarmed', () => {
    for (const state of reachable(BOOT_STATE).filter(({ name }) => name === 'estop')) {
      for (const event of events) {
        const next = transition(state, event);
        if (next.name === 'estop') continue;
        expect(event.type).toBe('reset');
        expect(state.isEstopPressed).toBe(false);
        expect(next).toMatchObject({ name: 'disarmed', stopCategory: undefined });
      }
    }
  });

  it('invariant 18: a latched state drops commands', () => {
    for (const state of reachable(BOOT_STATE).filter(isLatched)) {
      expect(isListed(state, { type: 'command' })).toBe(false);
    }
  });

  it('invariant 19: a stop under way never becomes milder', () => {
    for (const state of reachable(BOOT_STATE)) {
      for (const event of events) {
        const next = transition(state, event);
        if (state.stopCategory === undefined || next.stopCategory === undefined) continue;
        if (next.name === state.name) expect(next.stopCategory).toBeLessThanOrEqual(state.stopCategory);
      }
    }
  });

  it.each(CATEGORIES)('invariant 19: a stop of category %i ends where its name says', (category) => {
    const active = { ...BOOT_STATE, name: 'active' as const };
    const stopping = transition(active, { type: 'stop', category });
    expect(stopping).toMatchObject({ name: 'stopping', stopCategory: category });
    expect(hasTorque(stopping, false)).toBe(category !== 0);
    expect(hasTorque(stopping, true)).toBe(category === 2);
    const rest = transition(stopping, { type: 'standstill' });
    expect(rest).toMatchObject({ name: category === 2 ? 'hold' : 'disarmed', stopCategory: undefined });
    expect(hasTorque(rest, true)).toBe(category === 2);
  });

  it.each([0, 1] as const)('invariant 19: a command does not call off a stop of category %i', (category) => {
    const stopping = transition({ ...BOOT_STATE, name: 'active' }, { type: 'stop', category });
    expect(isListed(stopping, { type: 'command' })).toBe(false);
  });

  it('invariant 19: a command goes on from a stop of category 2', () => {
    const stopping = transition({ ...BOOT_STATE, name: 'active' }, { type: 'stop', category: 2 });
    expect(transition(stopping, { type: 'command' }).name).toBe('active');
  });

  it('invariant 20: no way into motion without an operator', () => {
    const others = events.filter((event) => !isOperators(event));
    for (const start of reachable(BOOT_STATE).filter(
      ({ name }) => ['boot', 'disarmed'].includes(name) || isLatched({ ...BOOT_STATE, name }),
    )) {
      expect(reachable(start, others).some(isMoving)).toBe(false);
    }
  });

  it('invariant 20: lowered speed stays lowered without an operator, through stops and rests', () => {
    const others = events.filter((event) => !isOperators(event));
    for (const start of reachable(BOOT_STATE).filter(({ isReduced }) => isReduced)) {
      expect(reachable(start, others).every(({ name, isReduced }) => isReduced && name !== 'active')).toBe(true);
    }
  });
});

/** What may be asked of a machine, with good and bad tokens. */
type Act = { readonly event: keyof typeof EVENTS; readonly token: 'fresh' | 'spent' | 'forged' | 'none' };
const act: fc.Arbitrary<Act> = fc.record({
  event: fc.constantFrom(...Object.keys(EVENTS)),
  token: fc.constantFrom('fresh', 'fresh', 'fresh', 'spent', 'forged', 'none'),
});

function perform(machine: SafetyStateMachine, desk: OperatorDesk, { event: name, token }: Act): boolean {
  const event = EVENTS[name] as SafetyEvent;
  if (!('operator' in event)) return machine.apply(event);
  const spent = desk.issue();
  const fresh = desk.issue();
  const tokens = { fresh, spent, forged: { ...fresh }, none: undefined };
  try {
    return machine.apply({ ...event, operator: tokens[token] as typeof fresh });
  } catch {
    return false;
  }
}

describe('SafetyStateMachine, for any sequence of events', () => {
  it('invariant 18: stays latched until released and reset with a fresh token', () => {
    fc.assert(
      fc.property(fc.array(act, { maxLength: 60 }), (acts) => {
        const desk = new OperatorDesk();
        const machine = new SafetyStateMachine(desk);
        for (const each of acts) {
          const before = machine.state;
          perform(machine, desk, each);
          if (!isLatched(before) || machine.state.name === before.name || machine.state.name === 'estop') continue;
          expect(machine.state.name).toBe('disarmed');
          expect(each).toEqual({ event: 'reset', token: 'fresh' });
          expect(before.isEstopPressed).toBe(false);
        }
      }),
    );
  });

  it('invariant 18: estop wins whatever came before', () => {
    fc.assert(
      fc.property(fc.array(act, { maxLength: 60 }), (acts) => {
        const desk = new OperatorDesk();
        const machine = new SafetyStateMachine(desk);
        for (const each of acts) perform(machine, desk, each);
        expect(machine.apply({ type: 'estop', category: 1 })).toBe(true);
        expect(machine.state.name).toBe('estop');
      }),
    );
  });

  it('invariant 20: never moves without arming by a fresh token', () => {
    fc.assert(
      fc.property(fc.array(act, { maxLength: 60 }), (acts) => {
        const desk = new OperatorDesk();
        const machine = new SafetyStateMachine(desk);
        let armed = false;
        for (const each of acts) {
          const before = machine.state;
          perform(machine, desk, each);
          const { name } = machine.state;
          if (name === 'hold' && before.name === 'disarmed') armed = each.event === 'arm' && each.token === 'fresh';
          if (name === 'disarmed') armed = false;
          if (isMoving(machine.state)) expect(armed).toBe(true);
        }
      }),
    );
  });
});

describe('SafetyStateMachine', () => {
  it('invariant 17: tells of an event that is not listed', () => {
    const refused: string[] = [];
    const machine = new SafetyStateMachine(new OperatorDesk(), (event, state) =>
      refused.push(`${event.type} in ${state.name}`),
    );
    expect(machine.apply({ type: 'command' })).toBe(false);
    expect(refused).toEqual(['command in boot']);
    expect(machine.state).toBe(BOOT_STATE);
  });

  it('invariant 18: a token from before the stop does not reset it', () => {
    const desk = new OperatorDesk();
    const machine = new SafetyStateMachine(desk);
    const early = desk.issue();
    machine.apply({ type: 'estop', category: 1 });
    machine.apply({ type: 'estop-released' });
    expect(() => machine.apply({ type: 'reset', operator: early })).toThrow('E_OPERATOR_TOKEN');
    expect(machine.state.name).toBe('estop');
    expect(machine.apply({ type: 'reset', operator: desk.issue() })).toBe(true);
    expect(machine.state.name).toBe('disarmed');
  });

  it('invariant 18: a token that did not fit the state stays good, and one that was used does not', () => {
    const desk = new OperatorDesk();
    const machine = new SafetyStateMachine(desk);
    const token = desk.issue();
    expect(machine.apply({ type: 'arm', operator: token })).toBe(false);
    machine.apply({ type: 'ready' });
    expect(machine.apply({ type: 'arm', operator: token })).toBe(true);
    machine.apply({ type: 'reduce' });
    expect(() => machine.apply({ type: 'restore', operator: token })).toThrow('already used');
    expect(machine.state.isReduced).toBe(true);
  });

  it('invariant 20: takes no token of another desk', () => {
    const machine = new SafetyStateMachine(new OperatorDesk());
    machine.apply({ type: 'ready' });
    expect(() => machine.apply({ type: 'arm', operator: new OperatorDesk().issue() })).toThrow('E_OPERATOR_TOKEN');
  });
});

describe('the table in docs/architecture.md', () => {
  it('invariant 17: is the table of the source', () => {
    const text = readFileSync(new URL('../../docs/architecture.md', import.meta.url), 'utf8');
    const rows = [...text.matchAll(/^\| `?([a-z0-9-]+)`? ((?:\|[a-z -]*){8})\|$/gm)].map(
      ([, name = '', cells = '']) => ({
        name,
        cells: cells
          .split('|')
          .slice(1)
          .map((cell) => cell.trim()),
      }),
    );
    expect(rows[0]).toEqual({ name: 'event', cells: [...SAFETY_STATES] });
    const told = SAFETY_STATES.map((state, column) => [
      state,
      Object.fromEntries(rows.slice(1).flatMap(({ name, cells }) => (cells[column] ? [[name, cells[column]]] : []))),
    ]);
    expect(Object.fromEntries(told)).toEqual(TRANSITIONS);
  });
});
