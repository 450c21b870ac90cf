import { ABS, KEY } from './input-codes.ts';

/** A trigger is an axis that rests at -1, or a key. */
type Trigger = { readonly axis: number } | { readonly key: number };

/** Which codes of a pad are what. */
export interface PadLayout {
  readonly name: string;
  readonly leftX: number;
  readonly leftY: number;
  readonly rightX: number;
  readonly rightY: number;
  readonly leftTrigger: Trigger;
  readonly rightTrigger: Trigger;
  readonly rightShoulder: number;
  /** The lower one of the four under the right thumb, and the one to its right. */
  readonly south: number;
  readonly east: number;
  readonly select: number;
  readonly start: number;
  /** The sticks, pressed. */
  readonly leftThumb: number;
  readonly rightThumb: number;
}

const GAMEPAD_KEYS = {
  rightShoulder: KEY.TR,
  south: KEY.SOUTH,
  east: KEY.EAST,
  select: KEY.SELECT,
  start: KEY.START,
  leftThumb: KEY.THUMBL,
  rightThumb: KEY.THUMBR,
} as const;
const LEFT_STICK = { leftX: ABS.X, leftY: ABS.Y } as const;
const NUMBERED = (number: number): number => KEY.JOYSTICK + number;

/**
 * In the order they are tried; a pad has the first layout whose codes it all has.
 *
 * | layout      | right stick | triggers   | pads                                                             |
 * |-------------|-------------|------------|------------------------------------------------------------------|
 * | standard    | RX, RY      | Z, RZ      | Xbox 360, One, Series by cable; DualShock 4, DualSense; 8BitDo X |
 * | brake-gas   | Z, RZ       | BRAKE, GAS | Xbox by Bluetooth, Stadia, most pads made for Android            |
 * | keys        | RX, RY      | TL2, TR2   | Switch Pro, Joy-Con pair                                         |
 * | keys-z      | Z, RZ       | TL2, TR2   | 8BitDo D, other pads of Switch and Android kind                  |
 * | numbered    | Z, RZ       | 6, 7       | Logitech F310, F510, F710 with the switch at D                   |
 */
export const PAD_LAYOUTS: readonly PadLayout[] = [
  {
    name: 'standard',
    ...LEFT_STICK,
    rightX: ABS.RX,
    rightY: ABS.RY,
    leftTrigger: { axis: ABS.Z },
    rightTrigger: { axis: ABS.RZ },
    ...GAMEPAD_KEYS,
  },
  {
    name: 'brake-gas',
    ...LEFT_STICK,
    rightX: ABS.Z,
    rightY: ABS.RZ,
    leftTrigger: { axis: ABS.BRAKE },
    rightTrigger: { axis: ABS.GAS },
    ...GAMEPAD_KEYS,
  },
  {
    name: 'keys',
    ...LEFT_STICK,
    rightX: ABS.RX,
    rightY: ABS.RY,
    leftTrigger: { key: KEY.TL2 },
    rightTrigger: { key: KEY.TR2 },
    ...GAMEPAD_KEYS,
  },
  {
    name: 'keys-z',
    ...LEFT_STICK,
    rightX: ABS.Z,
    rightY: ABS.RZ,
    leftTrigger: { key: KEY.TL2 },
    rightTrigger: { key: KEY.TR2 },
    ...GAMEPAD_KEYS,
  },
  {
    name: 'numbered',
    ...LEFT_STICK,
    rightX: ABS.Z,
    rightY: ABS.RZ,
    leftTrigger: { key: NUMBERED(6) },
    rightTrigger: { key: NUMBERED(7) },
    rightShoulder: NUMBERED(5),
    south: NUMBERED(1),
    east: NUMBERED(2),
    select: NUMBERED(8),
    start: NUMBERED(9),
    leftThumb: NUMBERED(10),
    rightThumb: NUMBERED(11),
  },
];

/** The layout of a pad with these axes and keys; undefined for what is no gamepad: no trigger, one stick. */
export function layoutOf(axes: ReadonlySet<number>, keys: ReadonlySet<number>): PadLayout | undefined {
  return PAD_LAYOUTS.find((layout) => {
    const triggers = [layout.leftTrigger, layout.rightTrigger];
    const sticks = [layout.leftX, layout.leftY, layout.rightX, layout.rightY];
    const hasTriggers = triggers.every((trigger) =>
      'axis' in trigger ? axes.has(trigger.axis) : keys.has(trigger.key),
    );
    return (
      hasTriggers && sticks.every((axis) => axes.has(axis)) && keys.has(layout.south) && keys.has(layout.rightShoulder)
    );
  });
}

/** The ends of an axis. */
type Ends = readonly [number, number];

const SIGNED_16: Ends = [-32768, 32767];
const BYTE: Ends = [0, 255];
/** The four-way pad. */
const HAT: Ends = [-1, 1];

/**
 * What evdev reports for sticks and triggers. The system tells the ends of an axis only by a call that Node cannot make,
 * so evdev serves pads that are in this table; the joystick device serves all, since the kernel scales it.
 *
 * | vendor | products | maker; driver                     |
 */
const EVDEV_ENDS: readonly {
  readonly vendor: number;
  readonly products?: readonly number[];
  readonly stick: Ends;
  readonly trigger: Ends;
}[] = [
  // Microsoft, Xbox 360 pads and their receivers; xpad
  { vendor: 0x045e, products: [0x028e, 0x028f, 0x0291, 0x02a1, 0x0719], stick: SIGNED_16, trigger: BYTE },
  // Microsoft, Xbox One and Series by cable; xpad
  { vendor: 0x045e, products: [0x02d1, 0x02dd, 0x02e3, 0x02ea, 0x0b00, 0x0b12], stick: SIGNED_16, trigger: [0, 1023] },
  // Sony, DualShock 4 and DualSense; hid-playstation, hid-sony
  { vendor: 0x054c, products: [0x05c4, 0x09cc, 0x0ba0, 0x0ce6, 0x0df2], stick: BYTE, trigger: BYTE },
  // Logitech F310, F510, F710 with the switch at X; xpad
  { vendor: 0x046d, products: [0xc21d, 0xc21e, 0xc21f], stick: SIGNED_16, trigger: BYTE },
  // Nintendo Switch Pro; hid-nintendo
  { vendor: 0x057e, products: [0x2009], stick: [-32767, 32767], trigger: HAT },
];

/** Scales the raw value of an axis to [-1, 1]; undefined for a pad whose ends are not known. */
export function evdevScale(
  vendor: number,
  product: number,
  layout: PadLayout,
): ((axis: number, raw: number) => number) | undefined {
  const ends = EVDEV_ENDS.find((row) => row.vendor === vendor && (row.products?.includes(product) ?? true));
  if (ends === undefined) return undefined;
  const triggers = [layout.leftTrigger, layout.rightTrigger].flatMap((trigger) =>
    'axis' in trigger ? [trigger.axis] : [],
  );
  return (axis, raw) => {
    const isHat = axis === ABS.HAT0X || axis === ABS.HAT0Y;
    const [low, high] = isHat ? HAT : triggers.includes(axis) ? ends.trigger : ends.stick;
    return Math.min(1, Math.max(-1, (2 * (raw - low)) / (high - low) - 1));
  };
}
