import type { z } from 'zod';
import { NS_PER_MS } from '../../core/clock.ts';
import type { RosSpec } from '../../robot/ros-spec.ts';
import type { RobotMode } from '../../safety/health-monitor.ts';
import { SCHEMAS, parseMessage } from './messages.ts';
import type { FrankaStateMessage } from './messages.ts';
import { TYPES } from './message-types.ts';
import type { RosType } from './message-types.ts';
import type { RosLink } from './ros-link.ts';

/** What part of a robot's safety says: how the arm is, and why, in the robot's own words. */
interface Report {
  readonly mode: RobotMode;
  readonly words: string;
}

const UR_SAFETY_MODES: Readonly<Record<number, Report>> = {
  1: { mode: 'normal', words: 'safety mode NORMAL' },
  2: { mode: 'reduced', words: 'safety mode REDUCED' },
  3: { mode: 'stopped', words: 'safety mode PROTECTIVE_STOP' },
  4: { mode: 'stopped', words: 'safety mode RECOVERY' },
  5: { mode: 'stopped', words: 'safety mode SAFEGUARD_STOP' },
  6: { mode: 'emergency-stop', words: 'safety mode SYSTEM_EMERGENCY_STOP' },
  7: { mode: 'emergency-stop', words: 'safety mode ROBOT_EMERGENCY_STOP' },
  8: { mode: 'stopped', words: 'safety mode VIOLATION' },
  9: { mode: 'stopped', words: 'safety mode FAULT' },
  10: { mode: 'stopped', words: 'safety mode VALIDATE_JOINT_ID' },
  11: { mode: 'stopped', words: 'safety mode UNDEFINED' },
  12: { mode: 'stopped', words: 'safety mode AUTOMATIC_MODE_SAFEGUARD_STOP' },
  13: { mode: 'stopped', words: 'safety mode SYSTEM_THREE_POSITION_ENABLING_STOP' },
};
const UR_RUNNING = 7;

const FRANKA_MODES: Readonly<Record<number, Report>> = {
  0: { mode: 'stopped', words: 'robot mode OTHER' },
  1: { mode: 'stopped', words: 'robot mode IDLE: no controller moves it' },
  2: { mode: 'normal', words: 'robot mode MOVE' },
  3: { mode: 'stopped', words: 'robot mode GUIDING' },
  4: { mode: 'stopped', words: 'robot mode REFLEX' },
  5: { mode: 'stopped', words: 'robot mode USER_STOPPED' },
  6: { mode: 'stopped', words: 'robot mode AUTOMATIC_ERROR_RECOVERY' },
};
/** Franka tells all the time: more often than this is not needed, and silence is no good sign, ms. */
const FRANKA_EVERY_MS = 10;
const FRANKA_SILENT_MS = 500;

export function urSafetyReport(mode: number): Report {
  return UR_SAFETY_MODES[mode] ?? { mode: 'stopped', words: `safety mode ${mode}` };
}

export function urRobotReport(mode: number): Report {
  const isRunning = mode === UR_RUNNING;
  return { mode: isRunning ? 'normal' : 'stopped', words: isRunning ? 'robot mode RUNNING' : `robot mode ${mode}` };
}

export function programReport(isRunning: boolean): Report {
  return isRunning
    ? { mode: 'normal', words: 'the program runs' }
    : { mode: 'stopped', words: 'the program on the robot does not run' };
}

export function frankaReport({ robot_mode: mode, current_errors: errors }: FrankaStateMessage): Report {
  const report = FRANKA_MODES[mode] ?? { mode: 'stopped', words: `robot mode ${mode}` };
  const names = Object.entries(errors).flatMap(([name, isSet]) => (isSet ? [name] : []));
  return names.length === 0 ? report : { mode: 'stopped', words: `${report.words}, errors ${names.join(', ')}` };
}

/** From mild to severe. */
const SEVERITY: readonly RobotMode[] = ['normal', 'reduced', 'stopped', 'emergency-stop'];

/** A topic on which a robot says something of its safety. */
interface WatchedTopic {
  readonly topic: string;
  readonly type: RosType;
  /** Throws E_ROS_MESSAGE. */
  readonly read: (message: unknown) => Report;
  readonly throttleMs?: number;
  /** Silent for so long, it counts as a stop. Default: it tells only what is new. */
  readonly silentMs?: number;
}

function watchedTopics({ safety, emergencyStop, rosVersion }: RosSpec): WatchedTopic[] {
  const topics: WatchedTopic[] = [];
  if (safety.kind === 'ur') {
    const { safetyModeTopic, robotModeTopic, programRunningTopic } = safety;
    topics.push(
      watched(safetyModeTopic, TYPES.safetyMode, SCHEMAS.safetyMode, ({ mode }) => urSafetyReport(mode)),
      watched(robotModeTopic, TYPES.robotMode, SCHEMAS.robotMode, ({ mode }) => urRobotReport(mode)),
      watched(programRunningTopic, TYPES.bool, SCHEMAS.bool, ({ data }) => programReport(data)),
    );
  }
  if (safety.kind === 'franka') {
    const type = rosVersion === 2 ? TYPES.frankaRobotState : TYPES.frankaState;
    const watchedState = watched(safety.robotStateTopic, type, SCHEMAS.frankaState, frankaReport);
    topics.push({ ...watchedState, throttleMs: FRANKA_EVERY_MS, silentMs: FRANKA_SILENT_MS });
  }
  if (emergencyStop !== undefined) {
    const { topic, activeWhen } = emergencyStop;
    topics.push(watched(topic, TYPES.bool, SCHEMAS.bool, ({ data }) => buttonReport(topic, data === activeWhen)));
  }
  return topics;
}

function watched<Schema extends z.ZodType>(
  topic: string,
  type: RosType,
  schema: Schema,
  report: (message: z.infer<Schema>) => Report,
): WatchedTopic {
  return { topic, type, read: (message) => report(parseMessage(schema, message, { name: topic, type })) };
}

function buttonReport(topic: string, isPressed: boolean): Report {
  return isPressed
    ? { mode: 'emergency-stop', words: `${topic} is pressed` }
    : { mode: 'normal', words: `${topic} is released` };
}

interface Part {
  readonly topic: string;
  readonly silentMs: number;
  report: Report | undefined;
  heardNs: number;
  unsubscribe: () => void;
  readonly subscribe: () => () => void;
}

export interface RobotSafetyOptions {
  readonly spec: RosSpec;
  readonly link: RosLink;
  /** Told of every message. */
  readonly onChange: () => void;
  /** Told of those that cannot be read. */
  readonly onProblem: (error: unknown) => void;
}

/**
 * The robot's own safety, as it tells it. All its parts have to say that the arm may move; one that has said nothing
 * yet, since the link stands, counts as a stop.
 */
export class RobotSafety {
  readonly #parts: readonly Part[];

  /** Subscribes to what the description names. */
  constructor(options: RobotSafetyOptions) {
    this.#parts = watchedTopics(options.spec).map((watchedTopic) => partOf(watchedTopic, options));
    for (const part of this.#parts) part.unsubscribe = part.subscribe();
    options.link.listen({
      // What was said before the link was lost says nothing about now.
      onUp: () => {
        for (const part of this.#parts) part.report = undefined;
      },
    });
  }

  /**
   * Asks again for what has told nothing yet: what a publisher keeps for those who come later, a bridge of ROS 2 gets only
   * where that publisher was there before it subscribed.
   */
  renewSilent(): void {
    for (const part of this.#parts.filter(({ report }) => report === undefined)) {
      part.unsubscribe();
      part.unsubscribe = part.subscribe();
    }
  }

  /** Undefined for a robot that tells nothing of its safety. */
  mode(nowNs: number): RobotMode | undefined {
    return this.#parts.length === 0 ? undefined : this.#worst(nowNs).mode;
  }

  /** What the part that is worst says, in words; undefined for a robot that tells nothing. */
  words(nowNs: number): string | undefined {
    return this.#parts.length === 0 ? undefined : this.#worst(nowNs).words;
  }

  #worst(nowNs: number): Report {
    const reports = this.#parts.map((part): Report => {
      if (part.report === undefined) return { mode: 'stopped', words: `${part.topic} has told nothing yet` };
      const isSilent = nowNs - part.heardNs > part.silentMs * NS_PER_MS;
      return isSilent ? { mode: 'stopped', words: `${part.topic} is silent` } : part.report;
    });
    return reports.reduce((worst, report) =>
      SEVERITY.indexOf(report.mode) > SEVERITY.indexOf(worst.mode) ? report : worst,
    );
  }
}

function partOf({ read, silentMs = Infinity, ...topic }: WatchedTopic, options: RobotSafetyOptions): Part {
  const { link, onChange, onProblem } = options;
  const take = (message: unknown, arrivedNs: number): void => {
    try {
      part.report = read(message);
    } catch (error) {
      part.report = undefined;
      onProblem(error);
    }
    part.heardNs = arrivedNs;
    onChange();
  };
  const part: Part = {
    topic: topic.topic,
    silentMs,
    report: undefined,
    heardNs: NaN,
    unsubscribe: () => undefined,
    subscribe: () => link.subscribe(topic, take),
  };
  return part;
}
