import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ArmatureError } from '../../core/errors.ts';
import { ByteDevice } from '../devices/byte-device.ts';

/** A 3D mouse that can be read. */
export interface OpenMouse {
  /** As it calls itself. */
  readonly name: string;
  /** Reports that have come, each with its id; undefined when the device is gone. */
  read(): Buffer[] | undefined;
  close(): void;
}

/** Opens the first 3D mouse there is. Throws ArmatureError E_SPACEMOUSE when there is none, or it may not be read. */
export type MouseOpener = () => OpenMouse;

/** The part of node-hid that is needed. */
export interface HidModule {
  devices(): readonly {
    readonly vendorId: number;
    readonly path?: string | undefined;
    readonly product?: string | undefined;
    readonly usagePage?: number | undefined;
    readonly usage?: number | undefined;
  }[];
  readonly HID: new (path: string) => {
    on(event: 'data', listener: (report: Buffer) => void): unknown;
    on(event: 'error', listener: (error: unknown) => void): unknown;
    close(): void;
  };
}

/** 3Dconnexion, and Logitech, under whose number its older devices are. */
const VENDORS = [0x256f, 0x046d];
/** Generic desktop, multi-axis controller: of what these makers sell, only 3D mice are one. */
const [USAGE_PAGE, USAGE] = [0x01, 0x08];
/** The same as a report descriptor begins with it. */
const DESCRIPTOR = Buffer.from([0x05, USAGE_PAGE, 0x09, USAGE]);
/** Reports that wait for a reader; older ones are of no use. */
const MOST_WAITING = 64;

export interface HidFolders {
  /** Default /dev. */
  readonly devices?: string | undefined;
  /** Default /sys/class/hidraw. */
  readonly descriptions?: string | undefined;
}

/**
 * How 3D mice are opened here. Linux shows each report of a HID as a read of its device file, so nothing more is needed;
 * elsewhere the optional package node-hid is loaded. Throws ArmatureError E_HID_UNAVAILABLE when it is not there.
 */
export async function mouseOpener(platform: NodeJS.Platform = process.platform): Promise<MouseOpener> {
  if (platform === 'linux') return () => openRawMouse();
  const hid = await loadHid();
  return () => openHidMouse(hid);
}

export function openRawMouse(folders: HidFolders = {}): OpenMouse {
  const { devices = '/dev', descriptions = '/sys/class/hidraw' } = folders;
  const names = existsSync(descriptions) ? readdirSync(descriptions).toSorted() : [];
  let refused: string | undefined;
  for (const node of names) {
    const name = nameOfMouse(join(descriptions, node, 'device'));
    if (name === undefined) continue;
    try {
      const device = new ByteDevice(join(devices, node));
      return { name, read: () => device.read(), close: () => device.close() };
    } catch (error) {
      refused ??= `${name}: ${(error as Error).message}`;
    }
  }
  throw noMouse(refused);
}

export function openHidMouse(hid: HidModule): OpenMouse {
  const found = hid
    .devices()
    .find(
      ({ vendorId, usagePage, usage }) => VENDORS.includes(vendorId) && usagePage === USAGE_PAGE && usage === USAGE,
    );
  if (found?.path === undefined) throw noMouse(undefined);
  const { product = '3D mouse' } = found;
  const waiting: Buffer[] = [];
  let isGone = false;
  let device: InstanceType<HidModule['HID']>;
  try {
    device = new hid.HID(found.path);
  } catch (error) {
    throw noMouse(`${product}: ${(error as Error).message}`);
  }
  device.on('data', (report) => {
    waiting.push(Buffer.from(report));
    if (waiting.length > MOST_WAITING) waiting.shift();
  });
  device.on('error', () => (isGone = true));
  return {
    name: product,
    read: () => (isGone ? undefined : waiting.splice(0)),
    close: () => device.close(),
  };
}

/** What the device calls itself; undefined for one that is no 3D mouse. */
function nameOfMouse(folder: string): string | undefined {
  const [about, descriptor] = [join(folder, 'uevent'), join(folder, 'report_descriptor')];
  if (!existsSync(about) || !existsSync(descriptor)) return undefined;
  const text = readFileSync(about, 'utf8');
  const vendor = Number.parseInt(/^HID_ID=[0-9A-F]+:0*([0-9A-F]+):/im.exec(text)?.[1] ?? '', 16);
  if (!VENDORS.includes(vendor) || !readFileSync(descriptor).subarray(0, DESCRIPTOR.length).equals(DESCRIPTOR))
    return undefined;
  return /^HID_NAME=(.+)$/m.exec(text)?.[1] ?? '3D mouse';
}

async function loadHid(): Promise<HidModule> {
  try {
    const { default: hid } = await import('node-hid');
    // Its native part is loaded by the first call.
    hid.devices();
    return hid;
  } catch (cause) {
    throw new ArmatureError('E_HID_UNAVAILABLE', 'the optional package node-hid cannot be loaded', {
      found: cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause),
      remedy: 'Install it beside Armature (npm install node-hid), and what it says it lacks.',
      cause,
    });
  }
}

function noMouse(refused: string | undefined): ArmatureError {
  if (refused === undefined) {
    return new ArmatureError('E_SPACEMOUSE', 'there is no 3D mouse', {
      expected: 'a 3Dconnexion device',
      remedy: 'Plug it in, or plug in its receiver and switch it on.',
    });
  }
  return new ArmatureError('E_SPACEMOUSE', 'the 3D mouse cannot be opened', {
    found: refused,
    remedy:
      'On Linux let your user read it: put SUBSYSTEM=="hidraw", ATTRS{idVendor}=="256f|046d", TAG+="uaccess" into ' +
      '/etc/udev/rules.d/70-spacemouse.rules and plug it in again. Elsewhere close the programs of its maker.',
  });
}
