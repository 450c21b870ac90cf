import { chmodSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../src/core/clock.ts';
import { GamepadJog } from '../../../src/teleop/gamepad/gamepad-jog.ts';
import { ABS, KEY, capabilityCodes } from '../../../src/teleop/gamepad/input-codes.ts';
import { EventReader, JoystickReader } from '../../../src/teleop/gamepad/input-records.ts';
import type { JogReading } from '../../../src/teleop/jog/jog-device.ts';
import { DeviceFolder } from '../device-folder.ts';
import { PADS, capability, inputEvent, jsEvent, jsInitial, plugPad } from './pads.ts';

const FULL = 32767;
const clock = new VirtualClock();
let folder: DeviceFolder;
let open: GamepadJog[];

beforeEach(() => {
  folder = new DeviceFolder();
  open = [];
});
afterEach(async () => {
  for (const gamepad of open) await gamepad.close();
  folder.remove();
});

function openPad(path?: string): GamepadJog {
  const gamepad = new GamepadJog({ path, clock, folders: folder });
  open.push(gamepad);
  return gamepad;
}

/** What it shows, once it has read what came. */
function read(gamepad: GamepadJog): JogReading {
  gamepad.look();
  return gamepad.read(clock.nowNs()) as JogReading;
}

/** An Xbox pad as a joystick device; numbers of axes and buttons are places in the table of pads. */
function plugXbox() {
  const device = plugPad(folder, 'js0', PADS.xbox);
  device.send(jsInitial(PADS.xbox, [ABS.Z, ABS.RZ]));
  const number = (kind: 'axis' | 'button', code: number): number =>
    (kind === 'axis' ? [...PADS.xbox.axes] : [...PADS.xbox.keys]).indexOf(code as never);
  return {
    device,
    axis: (code: number, value: number) => device.send(jsEvent('axis', number('axis', code), value)),
    button: (code: number, value: number) => device.send(jsEvent('button', number('button', code), value)),
  };
}

describe('a gamepad', () => {
  it('pushes nothing when it is opened, and holds no dead-man', () => {
    plugXbox();
    const { axes, isDeadManHeld } = read(openPad());
    expect(Object.values(axes).every((value: number) => value === 0)).toBe(true);
    expect(isDeadManHeld).toBe(false);
  });

  it.each([
    [ABS.Y, -FULL, { x: 1, joint: 1 }],
    [ABS.X, -FULL, { y: 1 }],
    [ABS.RY, -FULL, { z: 1 }],
    [ABS.RX, FULL, { yaw: -1 }],
    [ABS.HAT0Y, -FULL, { pitch: -1 }],
    [ABS.HAT0X, FULL, { roll: 1 }],
    [ABS.RZ, FULL, { gripper: -1 }],
  ] as const)('axis %i at %i pushes %o', (axis, value, pushed) => {
    const xbox = plugXbox();
    xbox.axis(axis, value);
    const { axes } = read(openPad());
    const others = Object.entries(axes).filter(([name]) => !(name in pushed));
    expect(axes).toMatchObject(pushed);
    expect(others.every(([, number]) => number === 0)).toBe(true);
  });

  it('is fine near the middle, and has a dead zone there', () => {
    const xbox = plugXbox();
    const gamepad = openPad();
    const values = [0.1, 0.2, 0.56, 1].map((share) => {
      xbox.axis(ABS.Y, -Math.round(share * FULL));
      return read(gamepad).axes.x;
    });
    expect(values[0]).toBe(0);
    expect(values[1]).toBeCloseTo((0.08 / 0.88) ** 2, 3);
    expect(values[2]).toBeCloseTo(0.25, 3);
    expect(values[3]).toBe(1);
  });

  it('holds the dead-man with the left trigger, which does not flicker half way', () => {
    const xbox = plugXbox();
    const gamepad = openPad();
    const held = [0, 0.5, 0.7, 0.5, 0.3, 0.5].map((share) => {
      xbox.axis(ABS.Z, Math.round((2 * share - 1) * FULL));
      return read(gamepad).isDeadManHeld;
    });
    expect(held).toEqual([false, false, true, true, false, false]);
  });

  it('opens the gripper with the right shoulder', () => {
    const xbox = plugXbox();
    xbox.button(KEY.TR, 1);
    expect(read(openPad()).axes.gripper).toBe(1);
  });

  it('sets mode, speed and joint by its buttons, once for each press', () => {
    const xbox = plugXbox();
    const gamepad = openPad();
    gamepad.look();
    const actions: string[] = [];
    gamepad.listen({ onAction: ({ kind }) => actions.push(kind) });
    for (const button of [KEY.SOUTH, KEY.EAST, KEY.START, KEY.SELECT, KEY.THUMBR, KEY.THUMBL]) {
      xbox.button(button, 1);
      gamepad.look();
      xbox.button(button, 0);
      gamepad.look();
    }
    expect(actions).toEqual(['next-mode', 'give-back', 'faster', 'slower', 'next-joint', 'previous-joint']);
  });

  it('whose radio may be gone counts as let go after a while without a word', () => {
    const xbox = plugXbox();
    const gamepad = openPad();
    xbox.axis(ABS.Z, FULL);
    expect(read(gamepad).isDeadManHeld).toBe(true);
    clock.advanceNs(2.1e9);
    expect(read(gamepad).isDeadManHeld).toBe(false);
    xbox.axis(ABS.X, 100);
    expect(read(gamepad).isDeadManHeld).toBe(true);
  });

  it('that is unplugged is gone, and may come back; then nothing is held', () => {
    const xbox = plugXbox();
    const gamepad = openPad();
    xbox.axis(ABS.Z, FULL);
    expect(read(gamepad).isDeadManHeld).toBe(true);
    xbox.device.unplug();
    expect(read(gamepad)).toBeUndefined();
    expect(gamepad.problem).toBe('Microsoft X-Box 360 pad is gone: plug it in again, or switch it on');
    plugXbox();
    clock.advanceNs(6e8);
    expect(read(gamepad).isDeadManHeld).toBe(false);
    expect(gamepad.problem).toBeUndefined();
  });
});

describe('pads of other makers', () => {
  it.each([
    ['dualSense', ABS.RY, ABS.Z],
    ['xboxBluetooth', ABS.RZ, ABS.BRAKE],
  ] as const)('%s has its right stick and trigger elsewhere', (name, rightY, trigger) => {
    const pad = PADS[name];
    const device = plugPad(folder, 'js0', pad);
    device.send(jsInitial(pad, [trigger]));
    device.send(jsEvent('axis', [...pad.axes].indexOf(rightY as never), -FULL));
    device.send(jsEvent('axis', [...pad.axes].indexOf(trigger as never), FULL));
    const { axes, isDeadManHeld } = read(openPad());
    expect(axes.z).toBe(1);
    expect(isDeadManHeld).toBe(true);
  });

  it.each([
    ['switchPro', KEY.TL2],
    ['logitech', KEY.JOYSTICK + 6],
  ] as const)('%s has triggers that are keys', (name, trigger) => {
    const pad = PADS[name];
    const device = plugPad(folder, 'js0', pad);
    device.send(jsEvent('button', [...pad.keys].indexOf(trigger as never), 1));
    expect(read(openPad()).isDeadManHeld).toBe(true);
  });
});

describe('an event device', () => {
  it('serves pads whose axes are known where there is no joystick device', () => {
    const device = plugPad(folder, 'event5', PADS.dualSense);
    const gamepad = openPad();
    device.send(Buffer.concat([inputEvent(3, ABS.Y, 0), inputEvent(3, ABS.Z, 255), inputEvent(0, 0, 0)]));
    const { axes, isDeadManHeld } = read(gamepad);
    expect(axes.x).toBe(1);
    expect(isDeadManHeld).toBe(true);
    device.send(Buffer.concat([inputEvent(3, ABS.Y, 128), inputEvent(3, ABS.HAT0X, 1)]));
    expect(read(gamepad).axes).toMatchObject({ x: 0, roll: 1 });
  });

  it('of which the system lost events lets go of everything', () => {
    const device = plugPad(folder, 'event5', PADS.dualSense);
    const gamepad = openPad();
    device.send(Buffer.concat([inputEvent(3, ABS.Y, 0), inputEvent(3, ABS.Z, 255)]));
    expect(read(gamepad).isDeadManHeld).toBe(true);
    device.send(inputEvent(0, 3, 0));
    const { axes, isDeadManHeld } = read(gamepad);
    expect([axes.x, isDeadManHeld]).toEqual([0, false]);
  });
});

describe('finding a gamepad', () => {
  it('passes over what is none', () => {
    plugPad(folder, 'js0', PADS.spaceMouse);
    plugPad(folder, 'js1', PADS.motionSensors);
    const device = plugPad(folder, 'js2', PADS.xbox);
    device.send(jsEvent('axis', 1, -FULL));
    expect(read(openPad()).axes.x).toBe(1);
  });

  it('takes the one that is asked for, also by another name', () => {
    plugPad(folder, 'js0', PADS.dualSense);
    const device = plugPad(folder, 'js1', PADS.xbox);
    device.send(jsEvent('axis', 1, -FULL));
    expect(read(openPad(folder.link('by-id/pad-joystick', device.path))).axes.x).toBe(1);
  });

  it('says what is missing', () => {
    expect(() => openPad()).toThrow(/E_GAMEPAD: there is no gamepad/);
    expect(() => openPad('/nowhere/js0')).toThrow(/E_GAMEPAD: \/nowhere\/js0 is no gamepad/);
    expect(() => new GamepadJog({ clock, folders: { devices: '/nowhere' } })).toThrow(
      /E_GAMEPAD.*Linux only.*keyboard/s,
    );
    plugPad(folder, 'event0', PADS.xboxBluetooth);
    expect(() => openPad()).toThrow(/E_GAMEPAD.*Xbox Wireless Controller.*joydev/);
  });

  it.skipIf(process.getuid?.() === 0)('says who may read it', () => {
    const device = plugPad(folder, 'js0', PADS.xbox);
    chmodSync(device.path, 0);
    expect(() => openPad()).toThrow(/E_GAMEPAD.*EACCES.*group "input"/);
  });
});

describe('records', () => {
  it('are read the same wherever they are split', () => {
    const bytes = Buffer.concat([jsEvent('axis', 0, 100), jsEvent('button', 1, 1), jsEvent('axis', 1, -FULL)]);
    const whole = new JoystickReader([ABS.X, ABS.Y], [KEY.SOUTH, KEY.EAST]).push(bytes);
    const parts = new JoystickReader([ABS.X, ABS.Y], [KEY.SOUTH, KEY.EAST]);
    expect([...bytes].flatMap((byte) => parts.push(Buffer.of(byte)))).toEqual(whole);
    expect(whole).toHaveLength(3);
  });

  it('of 32-bit systems are shorter', () => {
    const record = Buffer.concat([Buffer.alloc(8), inputEvent(1, KEY.SOUTH, 1).subarray(16)]);
    expect(new EventReader(32, () => 0).push(record)).toEqual([{ kind: 'key', code: KEY.SOUTH, value: 1 }]);
  });

  it('number the buttons of joysticks before others, as the kernel does', () => {
    const reader = new JoystickReader([], [0x100, 0x101, KEY.SOUTH]);
    expect(reader.push(jsEvent('button', 0, 1))).toEqual([{ kind: 'key', code: KEY.SOUTH, value: 1 }]);
    expect(reader.push(jsEvent('button', 1, 1))).toEqual([{ kind: 'key', code: 0x100, value: 1 }]);
  });

  it('of an Xbox pad have the capabilities the kernel writes for it', () => {
    expect(capabilityCodes('3003f', 64)).toEqual([0, 1, 2, 3, 4, 5, 16, 17]);
    expect(capabilityCodes('7cdb000000000000 0 0 0 0', 64)).toEqual([...PADS.xbox.keys]);
    expect(capability(PADS.xbox.keys).trim()).toBe('7cdb000000000000 0 0 0 0');
    expect(capabilityCodes('7cdb0000 0 0 0 0 0 0 0 0 0', 32)).toEqual([...PADS.xbox.keys]);
  });
});
