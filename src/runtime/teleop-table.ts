import type { Clock } from '../core/clock.ts';
import { ArmatureError, UnknownNameError } from '../core/errors.ts';
import { loadRobot } from '../robot/load-robot.ts';
import type { RobotSpec } from '../robot/robot-spec.ts';
import { GamepadJog } from '../teleop/gamepad/gamepad-jog.ts';
import type { InputFolders } from '../teleop/gamepad/find-gamepad.ts';
import { JogAgent } from '../teleop/jog/jog-agent.ts';
import type { JogSettings } from '../teleop/jog/jog-controls.ts';
import type { JogDevice } from '../teleop/jog/jog-device.ts';
import { JOG_MODES, JOG_SPEEDS } from '../teleop/jog/jog-input.ts';
import { KeyboardJog } from '../teleop/keyboard/keyboard-jog.ts';
import type { KeySource } from '../teleop/keyboard/key-source.ts';
import type { PageJog } from '../teleop/page/page-jog.ts';
import { LEADER_MODES, LeaderAgent } from '../teleop/leader/leader-agent.ts';
import type { LeaderMapping } from '../teleop/leader/joint-mapping.ts';
import type { LeaderSource } from '../teleop/leader/leader-source.ts';
import { mouseOpener } from '../teleop/spacemouse/find-mouse.ts';
import type { MouseOpener } from '../teleop/spacemouse/find-mouse.ts';
import { MOUSE_DEAD_MEN, SpacemouseJog } from '../teleop/spacemouse/spacemouse-jog.ts';
import type { Teleoperator } from '../teleop/teleoperator.ts';
import { armDriverSpec } from './arm/arm-driver-spec.ts';
import { openLeaderArm } from './leader-arm.ts';
import type { LeaderArmOptions } from './leader-arm.ts';
import { loadKinematics } from './load-kinematics.ts';

export interface TeleopOptions {
  /** The arm that is moved. */
  readonly robot: RobotSpec;
  /** Real time: states and keys are stamped by it. */
  readonly clock: Clock;
  /** The keys of the terminal, needed by `keyboard` and `leader`; the others are set by it. Not closed here. */
  readonly keys?: KeySource | undefined;
  /** A page in a browser, needed by `page`. Closed with the agent. */
  readonly page?: PageJog | undefined;
  /** An arm that leads, in place of the one that the words name. Closed with the agent. */
  readonly leader?: LeaderSource | undefined;
  readonly mapping?: LeaderMapping | undefined;
  /** Told what connecting to a leader arm changed in it. */
  readonly onLeaderConnected?: LeaderArmOptions['onConnected'];
  /** Where devices are found; default: this system's. */
  readonly gamepads?: InputFolders;
  readonly mice?: MouseOpener;
}

/** What follows the colon of `--teleop`, by name. */
type Words = ReadonlyMap<string, string>;

interface TeleopEntry {
  /** Names of its options. */
  readonly options: readonly string[];
  readonly open: (words: Words, options: TeleopOptions) => Promise<Teleoperator>;
}

/**
 * Makes a teleoperator from the words of `--teleop`: a name, and after a colon options `name=value` with commas between
 * them, as in `gamepad:device=/dev/input/js1,speed=medium`.
 *
 * | name       | options                                                                                       |
 * |------------|-----------------------------------------------------------------------------------------------|
 * | keyboard   | mode (base, tool, joint), speed (slow, medium, fast)                                          |
 * | gamepad    | the same, device                                                                              |
 * | spacemouse | the same, deadman (hold, toggle)                                                              |
 * | page       | mode, speed                                                                                   |
 * | leader     | mode (absolute, relative), tolerance (rad), robot (default: the arm that is moved), driver;   |
 * |            | serial: port, calibration; ros: url                                                           |
 *
 * Throws UnknownNameError for a name or option that does not exist, ArmatureError E_OPTION for an impossible value,
 * E_NO_TERMINAL where keys are needed and there are none, E_NO_DASHBOARD where a page is, and what opening the device throws.
 */
export async function openTeleoperator(words: string, options: TeleopOptions): Promise<Teleoperator> {
  const [name = '', ...rest] = words.split(':');
  const entry = Object.hasOwn(TELEOPERATORS, name) ? TELEOPERATORS[name as TeleopName] : undefined;
  if (entry === undefined) throw new UnknownNameError('teleoperator', name, TELEOP_NAMES);
  return entry.open(parseWords(rest.join(':'), entry), options);
}

/** One line per way to work an arm by hand. */
const TELEOPERATORS = {
  keyboard: {
    options: ['mode', 'speed'],
    open: (words, options) => openJog(words, options, ({ clock }) => new KeyboardJog(needKeys(options), clock)),
  },
  gamepad: {
    options: ['mode', 'speed', 'device'],
    open: (words, options) =>
      openJog(words, options, ({ clock, gamepads = {} }) => {
        return new GamepadJog({ path: words.get('device'), clock, folders: gamepads });
      }),
  },
  spacemouse: {
    options: ['mode', 'speed', 'deadman'],
    open: (words, options) =>
      openJog(words, options, async ({ clock, mice }) => {
        const deadMan = choice(words, 'deadman', MOUSE_DEAD_MEN);
        return new SpacemouseJog({ open: mice ?? (await mouseOpener()), clock, deadMan });
      }),
  },
  page: {
    options: ['mode', 'speed'],
    open: (words, options) => openJog(words, options, needPage),
  },
  leader: {
    options: ['mode', 'driver', 'robot', 'tolerance', 'port', 'calibration', 'url'],
    open: openLeader,
  },
} as const satisfies Record<string, TeleopEntry>;

type TeleopName = keyof typeof TELEOPERATORS;
export const TELEOP_NAMES = Object.keys(TELEOPERATORS) as readonly TeleopName[];

async function openJog(
  words: Words,
  options: TeleopOptions,
  openDevice: (options: TeleopOptions) => JogDevice | Promise<JogDevice>,
): Promise<Teleoperator> {
  const { robot, clock, keys } = options;
  const settings: JogSettings = { mode: choice(words, 'mode', JOG_MODES), speed: choice(words, 'speed', JOG_SPEEDS) };
  const device = await openDevice(options);
  try {
    return new JogAgent({ ...settings, robot, clock, keys, device, kinematics: await loadKinematics(robot) });
  } catch (error) {
    await device.close();
    throw error;
  }
}

async function openLeader(words: Words, options: TeleopOptions): Promise<Teleoperator> {
  const { robot, clock, mapping } = options;
  const keys = needKeys(options);
  const mode = choice(words, 'mode', LEADER_MODES);
  const toleranceRad = positiveNumber(words, 'tolerance');
  const source = options.leader ?? (await openNamedLeader(words, options));
  return new LeaderAgent({ robot, clock, mapping, mode, toleranceRad, source, keys });
}

function openNamedLeader(words: Words, { robot, clock, onLeaderConnected }: TeleopOptions): Promise<LeaderSource> {
  const driver = words.get('driver');
  const leaderRobot = words.get('robot');
  const spec = leaderRobot === undefined ? robot : loadRobot(leaderRobot);
  if (driver === undefined) throw badValue('driver', 'the driver of the leader arm', 'none');
  const [port, calibration, url] = [words.get('port'), words.get('calibration'), words.get('url')];
  const address = armDriverSpec(spec, { driver, port, calibration, url });
  return openLeaderArm({ robot: spec, driver: address, clock, onConnected: onLeaderConnected });
}

function parseWords(text: string, { options }: TeleopEntry): Words {
  const words = new Map<string, string>();
  for (const word of text.split(',').filter((part) => part !== '')) {
    const [name = '', ...value] = word.split('=');
    if (!options.includes(name)) throw new UnknownNameError('teleoperator option', name, options);
    words.set(name, value.join('='));
  }
  return words;
}

function choice<T extends string>(words: Words, name: string, values: readonly T[]): T | undefined {
  const text = words.get(name);
  const value = values.find((candidate) => candidate === text);
  if (text !== undefined && value === undefined) throw badValue(name, `one of: ${values.join(', ')}`, text);
  return value;
}

function positiveNumber(words: Words, name: string): number | undefined {
  const text = words.get(name);
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text === '' || !(value > 0 && value < Infinity)) throw badValue(name, 'a number above 0', text);
  return value;
}

function badValue(name: string, expected: string, found: string): ArmatureError {
  return new ArmatureError('E_OPTION', `the option "${name}" of --teleop has an impossible value`, {
    expected,
    found,
    remedy: `Write it as in --teleop <name>:${name}=<value>.`,
  });
}

function needPage({ page }: TeleopOptions): PageJog {
  if (page !== undefined) return page;
  throw new ArmatureError('E_NO_DASHBOARD', 'this teleoperator is a page, and no dashboard shows one', {
    remedy: 'Use armature teleop or armature record with --teleop page; they show it.',
  });
}

function needKeys({ keys }: TeleopOptions): KeySource {
  if (keys !== undefined) return keys;
  throw new ArmatureError('E_NO_TERMINAL', 'this teleoperator is worked by keys, and there is no terminal', {
    remedy: 'Start it in a terminal; over SSH, with ssh -t. Or use --teleop page, gamepad or spacemouse.',
  });
}
