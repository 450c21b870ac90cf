import { ArmatureError } from '../../core/errors.ts';
import type { RobotSpec } from '../../robot/robot-spec.ts';

/** How the pixels come over the wire of a V4L2 device. */
export type DeviceFormat = 'mjpeg' | 'yuyv';

/** What may be said of a camera beside where it is. */
export interface CameraOptions {
  /** Size of the pictures that are recorded, even numbers; a V4L2 device is asked for it. Default: as they come. */
  readonly width?: number;
  readonly height?: number;
  /** Frames a second a V4L2 device is asked for, or a file is played at. */
  readonly fps?: number;
  /** Default: MJPEG where the device has it. */
  readonly format?: DeviceFormat;
  /** A picture that does not change for so long, ms, is frozen; 0: never. Default 400. */
  readonly frozenMs?: number;
  /** Of the rosbridge server, for a topic of ROS. Default: that of the robot. */
  readonly url?: string;
  /** Of the graph, for a topic of ROS. Default: that of the robot. */
  readonly rosVersion?: 1 | 2;
}

/**
 * V4L2 device, network cameras, a video file played again and again, a topic of ROS, or frames that are pushed by this
 * process.
 */
export type CameraKind = 'v4l2' | 'rtsp' | 'http' | 'file' | 'ros' | 'pushed';

/** Where the pictures of a camera come from. */
export interface CameraAddress extends CameraOptions {
  readonly name: string;
  readonly kind: CameraKind;
  /** Device, URL, file or topic; empty for pushed frames. */
  readonly location: string;
}

interface KindRule {
  readonly pattern: RegExp;
  readonly example: string;
  /** What stands before the location. */
  readonly prefix?: string;
  readonly options: readonly (keyof CameraOptions)[];
}

const KINDS: Readonly<Record<Exclude<CameraKind, 'pushed'>, KindRule>> = {
  v4l2: { pattern: /^\/dev\/./, example: '/dev/video0', options: ['width', 'height', 'fps', 'format', 'frozenMs'] },
  rtsp: { pattern: /^rtsps?:\/\/./, example: 'rtsp://host/stream', options: ['width', 'height', 'frozenMs'] },
  http: { pattern: /^https?:\/\/./, example: 'http://host/stream.mjpg', options: ['width', 'height', 'frozenMs'] },
  file: {
    pattern: /^file:./,
    example: 'file:video.mp4',
    prefix: 'file:',
    options: ['width', 'height', 'fps', 'frozenMs'],
  },
  ros: {
    pattern: /^ros:\/./,
    example: 'ros:/camera/color/image_raw/compressed',
    prefix: 'ros:',
    options: ['width', 'height', 'frozenMs', 'url', 'rosVersion'],
  },
};
const EXAMPLES = Object.values(KINDS).map(({ example }) => example);

/** Where a rosbridge server of this computer listens. */
const DEFAULT_BRIDGE = 'ws://127.0.0.1:9090';
const FORMATS: readonly string[] = ['mjpeg', 'yuyv'] satisfies readonly DeviceFormat[];
const MOST_PIXELS = 8192;
const MOST_FPS = 240;
/** Below this, frames that look alike by chance would count as frozen, ms. */
const LEAST_FROZEN_MS = 100;

interface OptionRule {
  readonly expected: string;
  readonly read: (text: string) => number | string | undefined;
}

const evenNumber: OptionRule = {
  expected: `an even whole number from 2 to ${MOST_PIXELS}`,
  read: (text) => numberIf(text, (value) => value >= 2 && value <= MOST_PIXELS && value % 2 === 0),
};
const OPTIONS: Readonly<Record<keyof CameraOptions, OptionRule>> = {
  width: evenNumber,
  height: evenNumber,
  fps: {
    expected: `a number above 0, at most ${MOST_FPS}`,
    read: (text) => numberIf(text, (value) => value > 0 && value <= MOST_FPS),
  },
  format: {
    expected: `one of: ${FORMATS.join(', ')}`,
    read: (text) => (FORMATS.includes(text) ? text : undefined),
  },
  url: {
    expected: 'the address of a rosbridge server, ws://host:9090',
    read: (text) => (/^wss?:\/\/\S+$/.test(text) ? text : undefined),
  },
  rosVersion: { expected: '1 or 2', read: (text) => numberIf(text, (value) => value === 1 || value === 2) },
  frozenMs: {
    expected: `milliseconds, at least ${LEAST_FROZEN_MS}, or 0 to allow it`,
    read: (text) => numberIf(text, (value) => value === 0 || (value >= LEAST_FROZEN_MS && Number.isFinite(value))),
  },
};

/**
 * A camera as it is written on the command line: `name=location`, then `,option=value` as often as needed, for example
 * `front=/dev/video0,width=640,height=480,fps=30,format=mjpeg`. A comma that belongs to a URL is written %2C. Throws
 * ArmatureError (E_CAMERA_ADDRESS).
 */
export function parseCamera(text: string): CameraAddress {
  const [, name, rest] = /^([^=]*)=(.*)$/s.exec(text) ?? [];
  if (name === undefined || rest === undefined) throw badAddress(text, 'name=location', 'no "="');
  if (!/^\w[\w.-]*$/.test(name)) throw badAddress(text, 'a name of letters, digits, ".", "_" and "-"', `"${name}"`);
  const [location = '', ...words] = rest.split(',');
  const kind = (Object.keys(KINDS) as (keyof typeof KINDS)[]).find((each) => KINDS[each].pattern.test(location));
  if (kind === undefined) throw badAddress(text, `a camera like ${EXAMPLES.join(', ')}`, `"${location}"`);
  const options = Object.fromEntries(words.map((word) => parseOption(text, kind, word))) as CameraOptions;
  const pairs = words.map((word) => word.slice(0, word.indexOf('=')));
  const twice = pairs.find((key, index) => pairs.indexOf(key) !== index);
  if (twice !== undefined) throw badAddress(text, 'each option once', `"${twice}" twice`);
  if ((options.width === undefined) !== (options.height === undefined))
    throw badAddress(text, 'width and height, or neither', words.join(','));
  return { name, kind, location: location.slice(KINDS[kind].prefix?.length ?? 0), ...options };
}

/** Cameras of a command line. Throws ArmatureError (E_CAMERA_ADDRESS), also for a name or a device given twice. */
export function parseCameras(texts: readonly string[]): CameraAddress[] {
  const cameras = texts.map(parseCamera);
  for (const [index, { name, kind, location }] of cameras.entries()) {
    const before = cameras.slice(0, index);
    if (before.some((other) => other.name === name))
      throw badAddress(texts[index] ?? '', 'each name once', `"${name}" twice`);
    // Network cameras and files serve many at once; a device does not.
    if (kind === 'v4l2' && before.some((other) => other.location === location))
      throw badAddress(texts[index] ?? '', 'each device once', `${location} twice`);
  }
  return cameras;
}

/** The cameras that robot.yaml names topics of ROS for. @param url of the rosbridge server, instead of the robot's. */
export function rosCameras({ drivers }: Pick<RobotSpec, 'drivers'>, url?: string): CameraAddress[] {
  return Object.entries(drivers.ros?.cameras ?? {}).map(([name, { topic }]) =>
    withBridge({ name, kind: 'ros', location: topic, ...(url === undefined ? {} : { url }) }, { drivers }),
  );
}

/** A camera of ROS with what was not said of its bridge taken from the robot; any other one as it is. */
export function withBridge(camera: CameraAddress, { drivers }: Pick<RobotSpec, 'drivers'>): CameraAddress {
  if (camera.kind !== 'ros') return camera;
  const { url = DEFAULT_BRIDGE, rosVersion = 2 } = drivers.ros ?? {};
  return { ...camera, url: camera.url ?? url, rosVersion: camera.rosVersion ?? rosVersion };
}

/** A camera whose frames this process hands over itself, for example a simulated one. A picture of it may stand still. */
export function pushedCamera(name: string): CameraAddress {
  return { name, kind: 'pushed', location: '', frozenMs: 0 };
}

/** Names the robot does not know, which are recorded in addition, and cameras of the robot that are not given. */
export function compareWithRobot(
  robot: Pick<RobotSpec, 'cameras'>,
  cameras: readonly Pick<CameraAddress, 'name'>[],
): { readonly extra: readonly string[]; readonly missing: readonly string[] } {
  const known = robot.cameras.map(({ name }) => name);
  const given = cameras.map(({ name }) => name);
  return {
    extra: given.filter((name) => !known.includes(name)),
    missing: known.filter((name) => !given.includes(name)),
  };
}

/** For people: the location without the password it may hold. */
export function describeLocation({ kind, location }: CameraAddress): string {
  return kind === 'pushed' ? 'pushed frames' : withoutPassword(location);
}

function withoutPassword(text: string): string {
  return text.replace(/(\/\/[^/@:]*):[^/@]*@/, '$1:***@');
}

function parseOption(text: string, kind: keyof typeof KINDS, word: string): readonly [string, number | string] {
  const [, key, value] = /^(\w+)=(.*)$/s.exec(word) ?? [];
  const allowed = KINDS[kind].options;
  if (key === undefined || value === undefined || !(allowed as readonly string[]).includes(key))
    throw badAddress(text, `after the comma one of: ${allowed.map((name) => `${name}=`).join(', ')}`, `"${word}"`);
  const rule = OPTIONS[key as keyof CameraOptions];
  const parsed = rule.read(value);
  if (parsed === undefined) throw badAddress(text, `${key} to be ${rule.expected}`, `"${value}"`);
  return [key, parsed];
}

function numberIf(text: string, holds: (value: number) => boolean): number | undefined {
  const value = text.trim() === '' ? NaN : Number(text);
  return holds(value) ? value : undefined;
}

function badAddress(text: string, expected: string, found: string): ArmatureError {
  return new ArmatureError('E_CAMERA_ADDRESS', `"${withoutPassword(text)}" does not describe a camera`, {
    expected,
    found,
    remedy: `Write it like front=/dev/video0,width=640,height=480,fps=30; in a URL, write a comma as %2C.`,
  });
}
