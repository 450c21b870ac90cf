import { existsSync, readFileSync, readdirSync, realpathSync } from 'node:fs';
import { basename, join } from 'node:path';
import { ArmatureError } from '../../core/errors.ts';
import { ByteDevice } from '../devices/byte-device.ts';
import { capabilityCodes } from './input-codes.ts';
import { EventReader, JoystickReader } from './input-records.ts';
import type { RecordReader } from './input-records.ts';
import { evdevScale, layoutOf } from './pad-layouts.ts';
import type { PadLayout } from './pad-layouts.ts';

/** Where the system keeps input devices. */
export interface InputFolders {
  /** Default /dev/input. */
  readonly devices?: string | undefined;
  /** Default /sys/class/input. */
  readonly descriptions?: string | undefined;
}

/** A pad that can be read. */
export interface OpenPad {
  /** As it calls itself. */
  readonly name: string;
  readonly path: string;
  readonly layout: PadLayout;
  readonly device: ByteDevice;
  readonly reader: RecordReader;
  close(): void;
}

/** Words of the system, bits: the capabilities and the times of events come in them. */
const WORD_BITS = ['arm', 'ia32', 'mips', 'mipsel'].includes(process.arch) ? 32 : 64;
/** Makers of 3D mice, which the system also takes for joysticks. */
const MICE = /space\s?(navigator|explorer|pilot|mouse|traveler)|3dconnexion/i;

/**
 * Opens a gamepad: the one at this path, or else the first one there is. Joystick devices come first: the kernel scales
 * their axes. Throws ArmatureError E_GAMEPAD when there is none, or none that may be read or is known.
 */
export function openGamepad(path: string | undefined, folders: InputFolders = {}): OpenPad {
  const { devices = '/dev/input' } = folders;
  if (!existsSync(devices)) throw noInputDevices(devices);
  const names = readdirSync(devices).toSorted();
  const candidates =
    path === undefined
      ? [/^js\d+$/, /^event\d+$/].flatMap((kind) =>
          names.filter((name) => kind.test(name)).map((name) => join(devices, name)),
        )
      : [existsSync(path) ? realpathSync(path) : path];
  let [refused, strange]: (string | undefined)[] = [];
  for (const candidate of candidates) {
    const pad = describe(candidate, folders);
    if (pad === undefined) continue;
    if (pad.reader === undefined) {
      strange ??= `${pad.name} (${candidate})`;
      continue;
    }
    try {
      const device = new ByteDevice(candidate);
      return { ...pad, reader: pad.reader, path: candidate, device, close: () => device.close() };
    } catch (error) {
      refused ??= `${candidate}: ${(error as Error).message}`;
    }
  }
  throw noGamepad(path, refused, strange);
}

/** What the system says of a device; undefined for one that is no gamepad. */
function describe(
  path: string,
  { descriptions = '/sys/class/input' }: InputFolders,
): (Pick<OpenPad, 'name' | 'layout'> & { readonly reader: RecordReader | undefined }) | undefined {
  const folder = join(descriptions, basename(path), 'device');
  const text = (file: string): string => {
    const whole = join(folder, file);
    return existsSync(whole) ? readFileSync(whole, 'utf8').trim() : '';
  };
  const name = text('name') || basename(path);
  const axes = capabilityCodes(text('capabilities/abs'), WORD_BITS);
  const keys = capabilityCodes(text('capabilities/key'), WORD_BITS);
  const layout = layoutOf(new Set(axes), new Set(keys));
  if (layout === undefined || MICE.test(name)) return undefined;
  if (basename(path).startsWith('js')) return { name, layout, reader: new JoystickReader(axes, keys) };
  const scale = evdevScale(Number.parseInt(text('id/vendor'), 16), Number.parseInt(text('id/product'), 16), layout);
  return { name, layout, reader: scale && new EventReader(WORD_BITS, scale) };
}

function noInputDevices(folder: string): ArmatureError {
  return new ArmatureError('E_GAMEPAD', 'gamepads can be read on Linux only', {
    expected: `input devices in ${folder}`,
    found: `a system without them (${process.platform})`,
    remedy: 'Use --teleop keyboard or spacemouse here.',
  });
}

function noGamepad(path: string | undefined, refused: string | undefined, strange: string | undefined): ArmatureError {
  if (refused !== undefined) {
    return new ArmatureError('E_GAMEPAD', 'the gamepad cannot be opened', {
      found: refused,
      remedy: 'Add yourself to the group "input" (sudo usermod -aG input $USER), log in anew, and try again.',
    });
  }
  if (strange !== undefined) {
    return new ArmatureError('E_GAMEPAD', 'the ends of the axes of this gamepad are not known', {
      found: strange,
      remedy:
        'Load the kernel module that scales them (sudo modprobe joydev); the pad then shows up as /dev/input/js0.',
    });
  }
  return new ArmatureError('E_GAMEPAD', path === undefined ? 'there is no gamepad' : `${path} is no gamepad`, {
    expected: 'a device with two sticks and two triggers',
    remedy: 'Plug it in or pair it; ls /dev/input/js* shows it.',
  });
}
