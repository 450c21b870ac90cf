import { NS_PER_MS, NS_PER_S } from '../../core/clock.ts';
import type { Clock } from '../../core/clock.ts';
import { toRosTime } from '../../drivers/ros/messages.ts';
import { TYPES } from '../../drivers/ros/message-types.ts';
import type { RosType } from '../../drivers/ros/message-types.ts';
import type { RosArm } from '../../drivers/ros/ros-arm.ts';
import type { RobotSpec } from '../../robot/robot-spec.ts';
import type { Reason } from '../../safety/reasons.ts';
import type { ArmFailure } from './arm-spec.ts';
import type { OperatorCommand } from './message-formats.ts';
import type { ArmRecord } from './record-format.ts';

/** How often status and diagnostics are told where nothing happens, ms. */
const STATUS_MS = 1000;
/** A gate that answers a command does so within this, ms. */
const ANSWER_MS = 1000;
/** diagnostic_msgs/DiagnosticStatus. */
const LEVELS = { ok: 0, warn: 1, error: 2 } as const;
/** Both versions have it: one text in, `success` and `message` out. There is none in std_srvs that takes a text. */
const TEXT_SERVICE: RosType = 'diagnostic_msgs/srv/AddDiagnostics';

export interface RosCitizenOptions {
  readonly robot: RobotSpec;
  readonly arm: Pick<RosArm, 'link' | 'spec' | 'safety' | 'dropped' | 'robotTimeNs'>;
  readonly clock: Clock;
  /** Gives the gate a command that did not come from the supervisor. @param value see COMMAND_CODES. */
  readonly command: (command: OperatorCommand, value: number) => void;
}

interface Answer {
  readonly success: boolean;
  readonly message: string;
}

/**
 * Shows Armature in the graph of the robot: what the gate does and decides, and services. Anybody may stop the arm; to
 * arm or reset it takes the code that an operator's terminal showed.
 */
export class RosCitizen {
  readonly #options: RosCitizenOptions;
  readonly #topics: { readonly status: string; readonly decision: string; readonly diagnostics: string };
  readonly #reasons = new Map<Reason, number>();
  readonly #waiting = new Set<(answer: Answer) => void>();
  readonly #conditions = new Map<(answer: Answer) => void, (record: ArmRecord) => boolean>();
  #last: ArmRecord | undefined;
  #toldNs = -Infinity;
  #decidedNs = -Infinity;

  constructor(options: RosCitizenOptions) {
    this.#options = options;
    const { link, spec } = options.arm;
    const { namespace } = spec;
    this.#topics = { status: `${namespace}/status`, decision: `${namespace}/decision`, diagnostics: '/diagnostics' };
    link.advertise(this.#topics.status, TYPES.string, true);
    link.advertise(this.#topics.decision, TYPES.string);
    link.advertise(this.#topics.diagnostics, TYPES.diagnosticArray);
    link.serve(`${namespace}/stop`, TYPES.trigger, () => this.#stop());
    link.serve(`${namespace}/arm`, TEXT_SERVICE, (request) => this.#ask('remote-arm', request));
    link.serve(`${namespace}/reset`, TEXT_SERVICE, (request) => this.#ask('remote-reset', request));
  }

  /** One tick of the gate. */
  onRecord(record: ArmRecord): void {
    const before = this.#last;
    this.#last = record;
    for (const reason of record.reasons) this.#reasons.set(reason, (this.#reasons.get(reason) ?? 0) + 1);
    for (const [settle, condition] of this.#conditions) {
      if (condition(record)) settle({ success: true, message: record.state });
    }
    if (this.#options.arm.link.generation === 0) return;
    const hasChanged = before?.state !== record.state || before.cause !== record.cause;
    const nowNs = this.#options.clock.nowNs();
    if (hasChanged || nowNs - this.#toldNs >= STATUS_MS * NS_PER_MS) this.#tellStatus(record, nowNs);
    const periodNs = NS_PER_S / this.#options.robot.rates.controlHz;
    if (record.hasStepped && nowNs - this.#decidedNs >= periodNs) this.#tellDecision(record, nowNs);
  }

  /** What the gate refused, among other things. */
  onFailure(failure: ArmFailure): void {
    for (const settle of this.#waiting) settle({ success: false, message: `${failure.code}: ${failure.problem}` });
  }

  #stop(): Promise<Answer> {
    this.#options.command('stop', NaN);
    return this.#answer(({ isStill }) => isStill);
  }

  async #ask(command: 'remote-arm' | 'remote-reset', request: unknown): Promise<Answer> {
    const code = codeOf(request);
    if (code === undefined) return { success: false, message: 'give the eight digits that the operator sees' };
    const isDone = (record: ArmRecord): boolean =>
      command === 'remote-reset'
        ? record.state === 'disarmed' || record.state === 'hold'
        : record.state !== 'disarmed' && record.cause === 'none';
    this.#options.command(command, code);
    return await this.#answer(isDone);
  }

  /** What the gate made of it: from now on, since records that come now are of ticks after the command. */
  #answer(condition: (record: ArmRecord) => boolean): Promise<Answer> {
    return new Promise((resolve) => {
      const settle = (answer: Answer): void => {
        clearTimeout(timer);
        this.#waiting.delete(settle);
        this.#conditions.delete(settle);
        resolve(answer);
      };
      const message = `not done within ${ANSWER_MS} ms`;
      const timer = setTimeout(() => settle({ success: false, message }), ANSWER_MS);
      this.#waiting.add(settle);
      const sinceNs = this.#options.clock.nowNs() + (2 * NS_PER_S) / this.#options.robot.rates.gateHz;
      // A refusal comes before the condition may hold by chance.
      this.#conditions.set(settle, (record) => record.timeNs > sinceNs && condition(record));
    });
  }

  #tellStatus(record: ArmRecord, nowNs: number): void {
    this.#toldNs = nowNs;
    const { robot, arm } = this.#options;
    const { state, cause, reasons, tick, skipped } = record;
    const safety = arm.safety.words(nowNs) ?? null;
    const [{ connections }, { dropped }] = [arm.link, arm];
    this.#publishText(this.#topics.status, {
      robot: robot.name,
      state,
      cause,
      reasons,
      robotSafety: safety,
      tick,
      skipped,
      dropped,
      connections,
    });
    arm.link.publish(this.#topics.diagnostics, this.#diagnostics(record, nowNs));
  }

  #tellDecision(record: ArmRecord, nowNs: number): void {
    this.#decidedNs = nowNs;
    const { tick, state, reasons, requestedRad, emittedRad, sentRad, measuredRad, isStill } = record;
    const values = (positions: Float64Array | undefined): number[] | null =>
      positions === undefined ? null : Array.from(positions);
    this.#publishText(this.#topics.decision, {
      tick,
      state,
      reasons,
      isStill,
      requestedRad: values(requestedRad),
      emittedRad: values(emittedRad),
      sentRad: values(sentRad),
      measuredRad: values(measuredRad),
    });
  }

  #diagnostics(record: ArmRecord, nowNs: number): unknown {
    const { robot, arm } = this.#options;
    const isLatched = ['protective-stop', 'estop', 'gate-dead'].includes(record.state);
    const level = isLatched ? LEVELS.error : record.reasons.length > 0 ? LEVELS.warn : LEVELS.ok;
    const counters: Record<string, number | string> = {
      cause: record.cause,
      ticks: record.tick,
      skippedTicks: record.skipped,
      droppedCommands: arm.dropped,
      droppedMessages: arm.link.dropped,
      connections: arm.link.connections,
      ageMs: record.arm.ageNs / NS_PER_MS,
      ...Object.fromEntries(this.#reasons),
    };
    const values = Object.entries(counters).map(([key, value]) => ({ key, value: String(value) }));
    const stamp = toRosTime(arm.link.rosVersion, arm.robotTimeNs(nowNs) ?? 0);
    const name = 'armature: safety gate';
    const status = [{ level, name, message: record.state, hardware_id: robot.name, values }];
    return { header: { stamp, frame_id: '' }, status };
  }

  #publishText(topic: string, value: unknown): void {
    this.#options.arm.link.publish(topic, { data: JSON.stringify(value) });
  }
}

/** The code in a request of the text service: digits, perhaps with spaces or hyphens between them. */
function codeOf(request: unknown): number | undefined {
  const text = (request as { readonly load_namespace?: unknown } | undefined)?.load_namespace;
  const digits = typeof text === 'string' ? text.replaceAll(/[\s-]/g, '') : '';
  return /^\d{8}$/.test(digits) ? Number(digits) : undefined;
}
