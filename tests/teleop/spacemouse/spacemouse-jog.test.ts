import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../src/core/clock.ts';
import type { JogReading } from '../../../src/teleop/jog/jog-device.ts';
import { mouseOpener, openHidMouse, openRawMouse } from '../../../src/teleop/spacemouse/find-mouse.ts';
import type { HidModule } from '../../../src/teleop/spacemouse/find-mouse.ts';
import { parseReport } from '../../../src/teleop/spacemouse/mouse-reports.ts';
import { SpacemouseJog } from '../../../src/teleop/spacemouse/spacemouse-jog.ts';
import type { MouseDeadMan } from '../../../src/teleop/spacemouse/spacemouse-jog.ts';
import { DeviceFolder } from '../device-folder.ts';
import type { PluggedDevice } from '../device-folder.ts';

/** The beginning of the report descriptor of a 3D mouse, and of a keyboard. */
const MULTI_AXIS = Buffer.from([0x05, 0x01, 0x09, 0x08, 0xa1, 0x01]);
const KEYBOARD = Buffer.from([0x05, 0x01, 0x09, 0x06, 0xa1, 0x01]);

const clock = new VirtualClock();
let folder: DeviceFolder;
let open: SpacemouseJog[];

beforeEach(() => {
  clock.advanceNs(60e9);
  folder = new DeviceFolder();
  open = [];
});
afterEach(async () => {
  for (const mouse of open) await mouse.close();
  folder.remove();
});

function plug(node = 'hidraw0', vendor = '0000256F', descriptor = MULTI_AXIS): PluggedDevice {
  return folder.plug(node, {
    uevent: `DRIVER=hid-generic\nHID_ID=0003:${vendor}:0000C635\nHID_NAME=3Dconnexion SpaceMouse Compact\n`,
    report_descriptor: descriptor,
  });
}

function openMouse(deadMan?: MouseDeadMan): SpacemouseJog {
  const mouse = new SpacemouseJog({ open: () => openRawMouse(folder), clock, deadMan });
  open.push(mouse);
  return mouse;
}

function report(id: number, ...numbers: number[]): Buffer {
  const data = Buffer.alloc(1 + 2 * numbers.length);
  data.writeUInt8(id, 0);
  numbers.forEach((number, index) => data.writeInt16LE(number, 1 + 2 * index));
  return data;
}

const buttons = (bits: number): Buffer => Buffer.of(3, bits, 0);

/** Sends one report and reads what the mouse shows then. A HID delivers one report with each read. */
function after(mouse: SpacemouseJog, device: PluggedDevice, bytes: Buffer): JogReading {
  device.send(bytes);
  mouse.look();
  return mouse.read(clock.nowNs()) as JogReading;
}

describe('reports', () => {
  it('of wired devices come in two parts, those of wireless ones in one', () => {
    expect(parseReport(report(1, 10, -20, 350))).toEqual({ translation: [10, -20, 350] });
    expect(parseReport(report(2, 1, 2, -3))).toEqual({ rotation: [1, 2, -3] });
    expect(parseReport(report(1, 10, -20, 350, 4, 5, -6))).toEqual({
      translation: [10, -20, 350],
      rotation: [4, 5, -6],
    });
  });

  it('of buttons are bits', () => {
    expect(parseReport(Buffer.of(3, 0b11))).toEqual({ buttons: 3 });
    expect(parseReport(Buffer.of(3, 1, 0x10, 0, 2, 9, 9))).toEqual({ buttons: 0x0200_1001 });
  });

  it('that are short, empty or of another kind say nothing', () => {
    for (const bytes of [[], [1], [1, 2, 3], [2, 0, 0, 0, 0, 0], [3], [23, 80]])
      expect(parseReport(Buffer.from(bytes))).toEqual({});
  });
});

describe('a 3D mouse', () => {
  it.each([
    ['right', report(1, 350, 0, 0), { y: -1 }],
    ['towards the person', report(1, 0, 350, 0), { x: -1, joint: -1 }],
    ['away', report(1, 0, -350, 0), { x: 1, joint: 1 }],
    ['down', report(1, 0, 0, 350), { z: -1 }],
    ['tilted forward', report(2, -350, 0, 0), { pitch: 1 }],
    ['twisted clockwise', report(2, 0, 0, 350), { yaw: -1 }],
    ['beyond the end', report(1, 0, -500, 0), { x: 1, joint: 1 }],
  ] as const)('pushed %s', (_, bytes, pushed) => {
    const device = plug();
    const { axes } = after(openMouse(), device, bytes);
    expect(axes).toMatchObject(pushed);
    const others = Object.entries(axes).filter(([name]) => !(name in pushed));
    expect(others.every(([, value]) => value === 0)).toBe(true);
  });

  it('has a dead zone', () => {
    const device = plug();
    const mouse = openMouse();
    expect(after(mouse, device, report(1, 30, -30, 30)).axes.x).toBe(0);
    expect(after(mouse, device, report(1, 0, -193, 0)).axes.x).toBeCloseTo(0.25, 2);
  });

  it('of which nothing comes any more is no longer pushed', () => {
    const device = plug();
    const mouse = openMouse();
    expect(after(mouse, device, report(1, 0, -350, 0)).axes.x).toBe(1);
    clock.advanceNs(3e8);
    expect(mouse.read(clock.nowNs())?.axes.x).toBe(0);
  });

  it('needs its left button held: the cap alone moves nothing', () => {
    const device = plug();
    const mouse = openMouse();
    expect(after(mouse, device, report(1, 0, -350, 0)).isDeadManHeld).toBe(false);
    expect(after(mouse, device, buttons(1)).isDeadManHeld).toBe(true);
    expect(after(mouse, device, buttons(0)).isDeadManHeld).toBe(false);
  });

  it('moves the gripper with its right button, the other way at each press', () => {
    const device = plug();
    const mouse = openMouse();
    const moves = [2, 0, 2, 0].map((bits) => after(mouse, device, buttons(bits)).axes.gripper);
    expect(moves).toEqual([-1, 0, 1, 0]);
  });

  it('that is unplugged is gone, and may come back; then nothing is held', () => {
    const device = plug();
    const mouse = openMouse();
    expect(after(mouse, device, buttons(1)).isDeadManHeld).toBe(true);
    device.unplug();
    mouse.look();
    expect(mouse.read(clock.nowNs())).toBeUndefined();
    expect(mouse.problem).toMatch(/SpaceMouse Compact is gone/);
    plug();
    clock.advanceNs(6e8);
    mouse.look();
    expect(mouse.read(clock.nowNs())?.isDeadManHeld).toBe(false);
  });
});

describe('a dead-man that is toggled', () => {
  it('begins and ends with a press', () => {
    const device = plug();
    const mouse = openMouse('toggle');
    const held = [1, 0, 1, 0].map((bits) => after(mouse, device, buttons(bits)).isDeadManHeld);
    expect(held).toEqual([true, true, false, false]);
  });

  it('ends by itself when the cap is at rest, and does not begin again with a push', () => {
    const device = plug();
    const mouse = openMouse('toggle');
    after(mouse, device, buttons(1));
    for (let tick = 0; tick < 30; tick += 1) {
      clock.advanceNs(1e8);
      expect(after(mouse, device, report(1, 0, -350, 0)).isDeadManHeld).toBe(true);
    }
    clock.advanceNs(2.1e9);
    expect(after(mouse, device, report(1, 0, 0, 0)).isDeadManHeld).toBe(false);
    expect(after(mouse, device, report(1, 0, -350, 0)).isDeadManHeld).toBe(false);
  });

  it('lasts while the gripper is moved', () => {
    const device = plug();
    const mouse = openMouse('toggle');
    after(mouse, device, buttons(1));
    after(mouse, device, buttons(2));
    for (let tick = 0; tick < 30; tick += 1) {
      clock.advanceNs(1e8);
      mouse.look();
    }
    expect(mouse.read(clock.nowNs())?.isDeadManHeld).toBe(true);
  });
});

describe('finding a 3D mouse', () => {
  it('passes over other things of the same makers', () => {
    plug('hidraw0', '0000046D', KEYBOARD);
    plug('hidraw1', '00001234');
    expect(() => openRawMouse(folder)).toThrow(/E_SPACEMOUSE: there is no 3D mouse/);
    plug('hidraw2', '0000046D');
    const mouse = openRawMouse(folder);
    expect(mouse.name).toBe('3Dconnexion SpaceMouse Compact');
    mouse.close();
  });

  it('says what to do when it may not be read', () => {
    const device = plug();
    device.unplug();
    const about = { uevent: 'HID_ID=0003:0000256F:0000C635\nHID_NAME=SpaceMouse\n', report_descriptor: MULTI_AXIS };
    const other = folder.plug('hidraw0', about);
    const elsewhere = { devices: '/nowhere', descriptions: folder.descriptions };
    expect(() => openRawMouse(elsewhere)).toThrow(/E_SPACEMOUSE.*SpaceMouse.*udev/s);
    other.unplug();
  });
});

describe('a 3D mouse through node-hid', () => {
  class FakeHid extends EventEmitter {
    static readonly opened: FakeHid[] = [];
    isClosed = false;
    readonly path: string;

    constructor(path: string) {
      super();
      this.path = path;
      FakeHid.opened.push(this);
    }

    close(): void {
      this.isClosed = true;
    }
  }
  const device = { vendorId: 0x256f, path: 'usb-1', product: 'SpaceMouse', usagePage: 1, usage: 8 };
  const others = [
    { ...device, vendorId: 1 },
    { ...device, usage: 6, path: 'usb-2' },
  ];
  const hid = (devices: ReturnType<HidModule['devices']>): HidModule => ({ devices: () => devices, HID: FakeHid });

  it('gives the reports that came, and says when it is gone', () => {
    const mouse = openHidMouse(hid([...others, device]));
    const [port] = FakeHid.opened;
    expect([mouse.name, port?.path]).toEqual(['SpaceMouse', 'usb-1']);
    port?.emit('data', report(1, 1, 2, 3));
    port?.emit('data', buttons(1));
    expect(mouse.read()?.map(parseReport)).toEqual([{ translation: [1, 2, 3] }, { buttons: 1 }]);
    expect(mouse.read()).toEqual([]);
    port?.emit('error', new Error('could not read from HID device'));
    expect(mouse.read()).toBeUndefined();
    mouse.close();
    expect(port?.isClosed).toBe(true);
  });

  it('is none where only others are', () => {
    expect(() => openHidMouse(hid(others))).toThrow(/E_SPACEMOUSE/);
  });

  it('is only loaded where the system has no device files of HIDs', async () => {
    const opener = await mouseOpener('linux');
    expect(opener).toBeTypeOf('function');
  });
});
