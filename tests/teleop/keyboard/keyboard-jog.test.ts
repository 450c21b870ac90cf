import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../src/core/clock.ts';
import { JogAgent } from '../../../src/teleop/jog/jog-agent.ts';
import type { KeyEvent, KeyListener, KeySource } from '../../../src/teleop/keyboard/key-source.ts';
import { KeyboardJog } from '../../../src/teleop/keyboard/keyboard-jog.ts';
import { TerminalKeys } from '../../../src/teleop/keyboard/terminal-keys.ts';
import { makeRobot } from '../../../src/testing/index.ts';
import { runGated } from '../gated-run.ts';
import { FakeProcess, FakeTerminal } from './fake-terminal.ts';

const robot = makeRobot();

function bench() {
  const clock = new VirtualClock();
  clock.advanceNs(5e9);
  const terminal = new FakeTerminal();
  const keys = new TerminalKeys({ input: terminal, output: terminal.output, process: new FakeProcess().events });
  const device = new KeyboardJog(keys, clock);
  const agent = new JogAgent({ robot, kinematics: undefined, device, clock, keys, speed: 'fast' });
  return { clock, terminal, keys, device, agent };
}

describe('a keyboard', () => {
  it.each([
    ['w', { x: 1, joint: 1 }],
    ['s', { x: -1, joint: -1 }],
    ['a', { y: 1 }],
    ['d', { y: -1 }],
    ['r', { z: 1 }],
    ['f', { z: -1 }],
    ['u', { roll: -1 }],
    ['o', { roll: 1 }],
    ['i', { pitch: -1 }],
    ['k', { pitch: 1 }],
    ['j', { yaw: 1 }],
    ['l', { yaw: -1 }],
    ['v', { gripper: 1 }],
    ['c', { gripper: -1 }],
    ['W', { x: 1 }],
  ])('%s pushes %o, and is its own dead-man', (key, pushed) => {
    const { terminal, device, clock } = bench();
    terminal.type(key);
    expect(device.read(clock.nowNs())).toMatchObject({ isDeadManHeld: true, axes: pushed });
    clock.advanceNs(1.1e8);
    expect(device.read(clock.nowNs())?.isDeadManHeld).toBe(false);
  });

  it('leaves the keys of recording, and keys with modifiers, to others', () => {
    const { terminal, device, clock, agent } = bench();
    const before = agent.status.setting;
    for (const key of ['\u001b[C', '\u001b[D', ' ', '\r', '\u001bw', '\u0017', '\u001b[1;5A']) {
      terminal.type(key);
      expect(device.read(clock.nowNs())?.isDeadManHeld).toBe(false);
    }
    expect(agent.status.setting).toBe(before);
  });

  it('lets go of everything when a modifier comes in: a release may be hidden behind it', () => {
    const clock = new VirtualClock();
    let tell: KeyListener = {};
    const keys: KeySource = {
      reportsReleases: true,
      isOpen: true,
      listen: (listener) => {
        tell = listener;
        return () => undefined;
      },
      close: () => undefined,
    };
    const device = new KeyboardJog(keys, clock);
    const say = (key: string, kind: KeyEvent['kind'], ctrl: boolean): void => {
      clock.advanceNs(1.5e8);
      tell.onKey?.({ key, kind, ctrl, alt: false, shift: false });
    };
    say('w', 'press', false);
    say('control', 'press', true);
    expect(device.read(clock.nowNs())?.isDeadManHeld).toBe(false);
    say('w', 'release', true);
    say('control', 'release', false);
    say('a', 'press', false);
    expect(device.read(clock.nowNs())?.axes).toMatchObject({ x: 0, y: 1 });
    // Some systems report no release while such a key is down.
    say('w', 'press', false);
    say('meta', 'press', true);
    say('meta', 'release', false);
    say('a', 'press', false);
    expect(device.read(clock.nowNs())?.axes).toMatchObject({ x: 0, y: 1 });
  });

  it('selects joints, speeds and modes', () => {
    const { terminal, agent } = bench();
    terminal.type('2-');
    expect(agent.status.setting).toBe('joint 2 gripper, medium (0.4 rad/s)');
    terminal.type('19+m');
    expect(agent.status.setting).toBe('joint 1 shoulder, fast (0.8 rad/s)');
  });

  it('pushes nothing once the window or the terminal is gone', () => {
    const { terminal, device, clock } = bench();
    terminal.type('\u001b[?0uw');
    terminal.type('\u001b[O');
    expect(device.read(clock.nowNs())?.isDeadManHeld).toBe(false);
    terminal.type('\u001b[119u');
    terminal.emit('end');
    expect(device.read(clock.nowNs())).toBeUndefined();
    expect(device.problem).toBe('the terminal is gone');
  });

  it('does not press opposite keys against each other', () => {
    const { terminal, device, clock } = bench();
    terminal.type('ws');
    expect(device.read(clock.nowNs())).toMatchObject({ isDeadManHeld: true, axes: { x: 0 } });
  });
});

describe('an arm worked by keys through the gate', () => {
  /** Types at times, ms after the start; where the first joint was sent, by gate tick of 10 ms. */
  async function worked(
    typed: readonly (readonly [ms: number, what: string | null])[],
    timeLimitS = 3,
  ): Promise<number[]> {
    const { clock, terminal, agent } = bench();
    const startNs = clock.nowNs();
    const waiting = [...typed];
    const { steps } = await runGated({
      robot,
      clock,
      agent,
      timeLimitS,
      onTick: () => {
        while (waiting[0] !== undefined && startNs + waiting[0][0] * 1e6 <= clock.nowNs()) {
          const [, what] = waiting.shift() ?? [];
          if (what === null) terminal.emit('end');
          else terminal.type(what ?? '');
        }
      },
    });
    expect(new Set(steps.flatMap(({ gate }) => gate.reasons)).has('jerk-limit')).toBe(false);
    return steps.map(({ sent }) => sent.positionsRad[0] ?? Number.NaN);
  }

  const repeats = (fromMs: number, toMs: number): [number, string][] =>
    Array.from({ length: Math.ceil((toMs - fromMs) / 30) }, (_, index) => [fromMs + 30 * index, 'w']);
  const speed = (positions: readonly number[], ms: number): number =>
    ((positions[ms / 10] ?? 0) - (positions[ms / 10 - 5] ?? 0)) * 20;

  it('makes a small nudge at a tap', async () => {
    const positions = await worked([[200, 'w']]);
    expect(positions.at(-1)).toBeGreaterThan(0.04);
    expect(positions.at(-1)).toBeLessThan(0.13);
    expect(positions.at(-1)).toBe(positions[60]);
  });

  it('moves steadily while the key is held, and stops soon after', async () => {
    const positions = await worked([[200, 'w'], ...repeats(700, 1700)]);
    for (let ms = 1000; ms <= 1700; ms += 50) expect(speed(positions, ms)).toBeCloseTo(0.8, 2);
    expect(speed(positions, 2100)).toBe(0);
  });

  it('stops at once when the link is gone in the middle of it', async () => {
    const positions = await worked([[200, 'w'], ...repeats(700, 1200), [1200, null], ...repeats(1210, 1500)]);
    expect(speed(positions, 1150)).toBeCloseTo(0.8, 2);
    expect(speed(positions, 1400)).toBe(0);
    expect(positions.at(-1)).toBe(positions[140]);
  });

  it('makes one nudge of what a link held back', async () => {
    const positions = await worked([
      [200, 'w'],
      [1000, 'w'.repeat(80)],
    ]);
    expect((positions.at(-1) ?? 0) - (positions[80] ?? 0)).toBeLessThan(0.25);
  });
});
