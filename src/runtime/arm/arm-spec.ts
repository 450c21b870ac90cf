import type { ArmatureError } from '../../core/errors.ts';
import { robotSchema } from '../../robot/robot-spec.ts';
import type { RobotSpec } from '../../robot/robot-spec.ts';
import { toError, toFailure } from '../../core/failure.ts';
import type { Failure } from '../../core/failure.ts';
import { badFrame } from './frames.ts';
import type { ThreadPriority } from './thread-priority.ts';

/** What an arm process opens, in words that another process understands. */
export interface ArmSpec {
  readonly robot: RobotSpec;
  readonly driver: ArmDriverSpec;
  /**
   * Module whose `wrapDriver` gives what takes the place of the driver: faults for tests of what is built on an
   * arm. See FaultyDriver in "armature/testing".
   */
  readonly wrap?: { readonly url: string; readonly options: unknown } | undefined;
  /** Everything the process tells its supervisor is appended to this file as well, also when nobody listens. */
  readonly logFile?: string | undefined;
  /**
   * Where the last seconds are written when the supervisor cannot do so: it has gone or is silent, or the gate is
   * dead. `version` is that of Armature.
   */
  readonly blackBox?: { readonly directory: string; readonly version: string } | undefined;
  readonly timeouts: ArmTimeouts;
}

export type ArmDriverSpec =
  | { readonly kind: 'mirror' }
  | { readonly kind: 'sim'; readonly scene: string }
  /** `port` such as `/dev/ttyACM0`; `calibration` is the path of the file of this very arm. */
  | { readonly kind: 'serial'; readonly port: string; readonly calibration: string }
  /** `url` of the rosbridge server where it is not the one in robot.yaml. */
  | { readonly kind: 'ros'; readonly url?: string | undefined };

export interface ArmTimeouts {
  /** A supervisor silent for so long has the arm stopped, until an operator arms it again. */
  readonly supervisorMs: number;
  /** A gate that did not tick for so long has the driver stop the arm by itself. */
  readonly deadManMs: number;
}

/** What connecting to an arm changed in it and found out. */
export interface ArmConnection {
  /** Registers that held another value before, by joint: `elbow_flex: P_Coefficient 32 -> 16`. */
  readonly changed: readonly string[];
  /** What somebody should know, and what keeps nothing from working. */
  readonly notes: readonly string[];
}

/** Of an arm whose driver tells nothing of connecting to it. */
export const UNTOLD_CONNECTION: ArmConnection = { changed: [], notes: [] };

/** The arm process answers `open` with this. */
export interface ArmReady {
  readonly priority: ThreadPriority;
  /** Thread of the gate, where the system tells. */
  readonly gateThread: number | undefined;
  readonly connection: ArmConnection;
}

/** What went wrong in the arm process. */
export type ArmFailure = Failure;

/** Checks what came as JSON. Throws ArmatureError E_ARM_FRAME for anything but an ArmSpec. */
export function parseArmSpec(text: string): ArmSpec {
  const document = parseObject(text);
  const checks = [
    ['the driver mirror, sim with a scene, serial with port and calibration, or ros', isDriver(document['driver'])],
    ['the url of a module', isWrap(document['wrap'])],
    ['the name of a log file', ['undefined', 'string'].includes(typeof document['logFile'])],
    ['the folder of a black box, and a version', isBlackBox(document['blackBox'])],
    ['timeouts above zero', areTimeouts(document['timeouts'])],
  ] as const;
  for (const [expected, holds] of checks) if (!holds) throw badFrame(expected, text.slice(-160));
  return { ...document, robot: parseRobot(document['robot']) } as unknown as ArmSpec;
}

function parseRobot(robot: unknown): RobotSpec {
  const { directory, ...description } = isObject(robot) ? robot : {};
  const parsed = robotSchema.safeParse(description);
  if (parsed.success && typeof directory === 'string') return { ...parsed.data, directory };
  throw badFrame('the description of a robot', parsed.error?.message ?? 'one without its folder');
}

function isDriver(driver: unknown): boolean {
  if (!isObject(driver)) return false;
  switch (driver['kind']) {
    case 'mirror':
      return true;
    case 'sim':
      return typeof driver['scene'] === 'string';
    case 'serial':
      return typeof driver['port'] === 'string' && typeof driver['calibration'] === 'string';
    case 'ros':
      return ['undefined', 'string'].includes(typeof driver['url']);
    default:
      return false;
  }
}

function isWrap(wrap: unknown): boolean {
  return wrap === undefined || (isObject(wrap) && typeof wrap['url'] === 'string');
}

function isBlackBox(box: unknown): boolean {
  if (box === undefined) return true;
  return isObject(box) && typeof box['directory'] === 'string' && typeof box['version'] === 'string';
}

function areTimeouts(timeouts: unknown): boolean {
  return isObject(timeouts) && [timeouts['supervisorMs'], timeouts['deadManMs']].every((value) => Number(value) > 0);
}

/** Errors travel between processes as values; what is none of ours keeps its message. */
export function failureOf(error: unknown): ArmFailure {
  return toFailure(error, { code: 'E_ARM_PROCESS', remedy: 'The arm was brought to a stop. Start the run again.' });
}

/** The error a failure stands for. Throws ArmatureError E_ARM_FRAME for text that is no failure. */
export function errorOf(text: string): ArmatureError {
  const { code, problem, expected, found, remedy } = parseObject(text);
  if (typeof code !== 'string' || typeof problem !== 'string' || typeof remedy !== 'string') {
    throw badFrame('a failure', text.slice(0, 80));
  }
  const details = {
    ...(typeof expected === 'string' ? { expected } : {}),
    ...(typeof found === 'string' ? { found } : {}),
  };
  return toError({ code, problem, ...details, remedy });
}

/** Throws ArmatureError E_ARM_FRAME for text that is no ArmReady. */
export function parseReady(text: string): ArmReady {
  const { priority, gateThread, connection } = parseObject(text);
  const isPriority = priority === 'fifo' || priority === 'nice' || priority === 'plain';
  if (!isPriority) throw badFrame('a priority', text.slice(0, 80));
  const { changed, notes } = isObject(connection) ? connection : {};
  if (!isTexts(changed) || !isTexts(notes)) throw badFrame('what connecting changed', text.slice(0, 80));
  return {
    priority,
    gateThread: typeof gateThread === 'number' ? gateThread : undefined,
    connection: { changed, notes },
  };
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((text) => typeof text === 'string');
}

function parseObject(text: string): Record<string, unknown> {
  try {
    const document: unknown = JSON.parse(text);
    if (isObject(document)) return document;
  } catch {
    // Said below: text that is no JSON is no object either.
  }
  throw badFrame('a JSON object', text.slice(0, 80));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
