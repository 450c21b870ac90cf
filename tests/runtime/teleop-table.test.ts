import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MonotonicClock, VirtualClock } from '../../src/core/clock.ts';
import type { ArmState } from '../../src/core/observation.ts';
import { PushSource } from '../../src/core/source.ts';
import { loadRobot } from '../../src/robot/load-robot.ts';
import { TELEOP_NAMES, openTeleoperator } from '../../src/runtime/teleop-table.ts';
import type { TeleopOptions } from '../../src/runtime/teleop-table.ts';
import { TerminalKeys } from '../../src/teleop/keyboard/terminal-keys.ts';
import { leaderOfSource } from '../../src/teleop/leader/leader-source.ts';
import { makeObservation, makeRobot } from '../../src/testing/index.ts';
import { DeviceFolder } from '../teleop/device-folder.ts';
import { FakeProcess, FakeTerminal } from '../teleop/keyboard/fake-terminal.ts';
import { PADS, plugPad } from '../teleop/gamepad/pads.ts';

const robot = loadRobot('so101');
let folder: DeviceFolder;
let terminal: FakeTerminal;
let options: TeleopOptions;

beforeEach(() => {
  const clock = new VirtualClock();
  clock.advanceNs(5e9);
  folder = new DeviceFolder();
  terminal = new FakeTerminal();
  const keys = new TerminalKeys({ input: terminal, output: terminal.output, process: new FakeProcess().events });
  options = { robot, clock, keys, gamepads: folder };
});
afterEach(() => folder.remove());

async function settingOf(words: string, changes: Partial<TeleopOptions> = {}): Promise<string> {
  const agent = await openTeleoperator(words, { ...options, ...changes });
  const { setting } = agent.status;
  await agent.close();
  return setting;
}

describe('openTeleoperator', () => {
  it('makes a keyboard that jogs in space by the model of the robot', async () => {
    const agent = await openTeleoperator('keyboard:speed=medium', options);
    expect(agent.status.setting).toBe('base frame, medium (0.06 m/s)');
    const ask = () => agent.act(makeObservation([...robot.homeRad], { timeNs: options.clock.nowNs() }));
    await ask();
    terminal.type('r');
    const { target } = await ask();
    expect(target?.positionsRad.some((value, joint) => value !== robot.homeRad[joint])).toBe(true);
    await agent.close();
  });

  it('jogs joints only where there is no model', async () => {
    expect(await settingOf('keyboard:mode=tool', { robot: makeRobot() })).toMatch(/^joint 1 shoulder/);
  });

  it('opens a gamepad by its file', async () => {
    plugPad(folder, 'js0', PADS.dualSense);
    const { path } = plugPad(folder, 'js1', PADS.xbox);
    expect(await settingOf(`gamepad:device=${path},mode=tool`)).toBe('tool frame, slow (0.02 m/s)');
    await expect(openTeleoperator('gamepad:device=/nowhere', options)).rejects.toThrow(/E_GAMEPAD/);
  });

  it('opens a 3D mouse, whose mode keys can set', async () => {
    const mouse = { name: 'SpaceMouse', read: () => [], close: () => undefined };
    const agent = await openTeleoperator('spacemouse:deadman=toggle,speed=fast', { ...options, mice: () => mouse });
    terminal.type('m');
    expect(agent.status.setting).toBe('tool frame, fast (0.15 m/s)');
    await agent.close();
  });

  it('opens a leader that is given, or one that is reached by a driver', async () => {
    const names = robot.joints.map(({ name }) => name);
    const leader = leaderOfSource('other', new PushSource<ArmState>(), names);
    expect(await settingOf('leader:mode=relative,tolerance=0.2', { leader })).toBe('not leading, relative');
    const clock = new MonotonicClock();
    const agent = await openTeleoperator('leader:driver=mirror', { ...options, clock });
    terminal.type('\r');
    // Its first state is there: nobody has to wait for it.
    const { target } = await agent.act(makeObservation([...robot.homeRad], { timeNs: clock.nowNs() }));
    expect(agent.status).toMatchObject({ problem: undefined });
    expect([...(target?.positionsRad ?? [])]).toEqual([...robot.homeRad]);
    await agent.close();
  });

  it('lists what there is where a name does not exist', async () => {
    await expect(openTeleoperator('joystick', options)).rejects.toThrow(
      /E_UNKNOWN_TELEOPERATOR.*gamepad, keyboard, leader, page, spacemouse/,
    );
    await expect(openTeleoperator('constructor', options)).rejects.toThrow(/E_UNKNOWN_TELEOPERATOR/);
    await expect(openTeleoperator('keyboard:device=x', options)).rejects.toThrow(
      /E_UNKNOWN_TELEOPERATOR_OPTION.*mode, speed/,
    );
    await expect(openTeleoperator('keyboard:speed=9', options)).rejects.toThrow(/E_OPTION.*slow, medium, fast.*9/);
    await expect(openTeleoperator('leader:tolerance=-1', options)).rejects.toThrow(/E_OPTION.*above 0/);
    await expect(openTeleoperator('leader', options)).rejects.toThrow(/E_OPTION.*driver of the leader/);
    await expect(openTeleoperator('leader:driver=can', options)).rejects.toThrow(/E_UNKNOWN_DRIVER/);
    expect(TELEOP_NAMES).toEqual(['keyboard', 'gamepad', 'spacemouse', 'page', 'leader']);
  });

  it('wants a terminal where keys are needed', async () => {
    for (const words of ['keyboard', 'leader:driver=mirror']) {
      await expect(openTeleoperator(words, { ...options, keys: undefined })).rejects.toThrow(/E_NO_TERMINAL.*ssh -t/);
    }
  });
});
