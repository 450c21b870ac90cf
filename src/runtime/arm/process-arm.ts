import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomInt } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { JointTarget } from '../../core/action.ts';
import { NS_PER_MS } from '../../core/clock.ts';
import type { Clock } from '../../core/clock.ts';
import { ArmatureError } from '../../core/errors.ts';
import { loaderArguments, moduleEntry } from '../../core/module-worker.ts';
import { fromExactJson } from '../../record/exact-numbers.ts';
import type { GateCheckpoint } from '../black-box-ring.ts';
import { UNTOLD_CONNECTION, errorOf, parseReady } from './arm-spec.ts';
import type { ArmDriverSpec, ArmReady, ArmSpec, ArmTimeouts } from './arm-spec.ts';
import { FrameReader, encodeNumbers, encodeText, requireLength } from './frames.ts';
import type { Frame } from './frames.ts';
import { COMMAND_CODES, commandLayout, heartbeatLayout, setpointLayout, writeTarget } from './message-formats.ts';
import type { OperatorCommand, SetpointLayout } from './message-formats.ts';
import { decodeRecord, recordLayout } from './record-format.ts';
import type { ArmRecord, RecordLayout } from './record-format.ts';
import { CODES } from './remote-consent.ts';

export interface ProcessArmOptions extends Pick<ArmSpec, 'robot' | 'wrap' | 'logFile' | 'blackBox'> {
  readonly driver: ArmDriverSpec;
  /** Default: a supervisor silent for 500 ms, a gate silent for 100 ms. */
  readonly timeouts?: Partial<ArmTimeouts>;
  readonly clock: Clock;
}

/** Watches an arm process. Called synchronously; it must be quick and not wait. */
export interface ArmListener {
  /** One gate tick. */
  onRecord(record: ArmRecord): void;
  /** The state of the gate before a tick, now and then; it may come later than the record of that tick. */
  onCheckpoint?(checkpoint: GateCheckpoint): void;
  /** The newest state of the simulated world. */
  onWorld?(state: Float64Array): void;
}

const TIMEOUTS: ArmTimeouts = { supervisorMs: 500, deadManMs: 100 };
/** How often the arm process is shown that this one lives, ms. */
const HEARTBEAT_MS = 50;
/** An arm process that says nothing for so long is taken for dead, ms. */
const SILENCE_MS = 1000;
/** Loading a scene on a slow machine, ms. */
const START_TIMEOUT_MS = 60_000;
/** The controlled stop included, ms. */
const CLOSE_TIMEOUT_MS = 6000;

/**
 * An arm whose driver and gate are in a process of their own. What is sent here is a wish: the gate there has
 * the last word, and stops the arm when this process ends, is blocked or falls silent. Nothing is queued: a
 * setpoint that cannot be sent at once is dropped.
 */
export class ProcessArm {
  readonly #child: ChildProcess;
  readonly #options: ProcessArmOptions;
  readonly #reader = new FrameReader();
  readonly #records: RecordLayout;
  readonly #setpoints: SetpointLayout;
  readonly #listeners = new Set<ArmListener>();
  readonly #watchers = new Set<() => void>();
  readonly #exited: Promise<void>;
  readonly #sequence = { setpoint: 0, command: 0, heartbeat: 0 };
  #timer: NodeJS.Timeout | undefined;
  #ready: ArmReady | undefined;
  #newest: ArmRecord | undefined;
  #failure: ArmatureError | undefined;
  #heardNs: number;
  #dropped = 0;
  #isClosing = false;
  #hasExited = false;

  private constructor(options: ProcessArmOptions) {
    this.#options = options;
    this.#records = recordLayout(options.robot.joints.length);
    this.#setpoints = setpointLayout(options.robot.joints.length);
    this.#heardNs = options.clock.nowNs();
    this.#child = spawnEntry();
    (this.#child.stdio[3] as Readable).on('data', (bytes: Buffer) => this.#receive(bytes));
    // Writing to a process that is ending fails here; its exit tells the rest.
    this.#child.stdin?.on('error', () => undefined);
    this.#exited = new Promise((resolve) => {
      this.#child.on('exit', (code, signal) => {
        this.#hasExited = true;
        clearInterval(this.#timer);
        if (!this.#isClosing) this.#fail(processDied(signal ?? `code ${code}`));
        this.#tellWatchers();
        resolve();
      });
    });
  }

  /** Starts the process, opens the arm, and leaves it disarmed. Throws what went wrong there. */
  static async start(options: ProcessArmOptions): Promise<ProcessArm> {
    const { robot, driver, wrap, logFile, blackBox, timeouts } = options;
    const spec: ArmSpec = { robot, driver, wrap, logFile, blackBox, timeouts: { ...TIMEOUTS, ...timeouts } };
    const arm = new ProcessArm(options);
    try {
      arm.#send(encodeText('open', spec));
      await arm.#until(() => arm.#ready !== undefined, START_TIMEOUT_MS);
    } catch (error) {
      arm.#child.kill('SIGKILL');
      throw error;
    }
    arm.#timer = setInterval(() => arm.#beat(), HEARTBEAT_MS);
    return arm;
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** The priority of the gate's thread, the thread, and what connecting did. */
  get ready(): ArmReady {
    return this.#ready ?? { priority: 'plain', gateThread: undefined, connection: UNTOLD_CONNECTION };
  }

  /** What happened last. */
  get newest(): ArmRecord | undefined {
    return this.#newest;
  }

  /** The first thing that went wrong. */
  get failure(): ArmatureError | undefined {
    return this.#failure;
  }

  /** Setpoints that were not sent, because the process was gone or did not read. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Calls the listener from now on; returns the function that ends it. */
  listen(listener: ArmListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Puts the simulated world into a state; see readWorldState. */
  showScene(state: Float64Array): void {
    this.#send(encodeNumbers('scene', state));
  }

  /**
   * Holds where the arm is. From then on setpoints move it. Returns the number of the command; throws what the gate
   * refuses, E_CANNOT_ARM.
   */
  async arm(): Promise<number> {
    // What was wrong before is for the operator who arms again to judge; a process that ended stays ended.
    if (!this.#hasExited) this.#failure = undefined;
    const sequence = this.command('arm');
    await this.#until((record) => record !== undefined && record.command >= sequence, START_TIMEOUT_MS);
    // Then the gate has refused, and its reason is on the way.
    if (this.#newest?.cause !== 'none' || this.#newest.state === 'disarmed') await this.#until(() => false, SILENCE_MS);
    return sequence;
  }

  /** An operator's command; returns its number, see ArmRecord.command. @param value see COMMAND_CODES. */
  command(command: OperatorCommand, value = NaN): number {
    const numbers = new Float64Array(commandLayout.length);
    this.#sequence.command += 1;
    commandLayout.set(numbers, 'sequence', this.#sequence.command);
    commandLayout.set(numbers, 'code', COMMAND_CODES[command]);
    commandLayout.set(numbers, 'value', value);
    this.#send(encodeNumbers('command', numbers));
    return this.#sequence.command;
  }

  /**
   * Lets somebody elsewhere arm or reset the arm once, and returns the code that shows it: eight digits, to be shown at
   * the operator's terminal and nowhere else.
   */
  consent(): string {
    const code = randomInt(CODES);
    this.command('consent', code);
    return String(code).padStart(String(CODES).length - 1, '0');
  }

  /** Where the agent wants the arm; undefined when it has nothing to command. Returns the number of the setpoint. */
  follow(target: JointTarget | undefined): number {
    const layout = this.#setpoints;
    const numbers = new Float64Array(layout.length);
    this.#sequence.setpoint += 1;
    layout.set(numbers, 'sequence', this.#sequence.setpoint);
    writeTarget(layout, numbers, 'positionsRad', target);
    // What waits here would move the arm when nobody wants it any more.
    if (this.#child.stdin?.writableLength === 0 && !this.#hasExited) this.#send(encodeNumbers('setpoint', numbers));
    else this.#dropped += 1;
    return this.#sequence.setpoint;
  }

  /** Resolves at the first record that fits. Throws the failure of the process, or E_ARM_SILENT after a time. */
  async until(condition: (record: ArmRecord) => boolean, timeoutMs: number): Promise<ArmRecord> {
    await this.#until((record) => record !== undefined && condition(record), timeoutMs);
    return this.#newest as ArmRecord;
  }

  /** Stops the arm, ends the process, and resolves once it has ended. */
  async close(): Promise<void> {
    this.#isClosing = true;
    if (this.#hasExited) return;
    this.command('end');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), CLOSE_TIMEOUT_MS);
    await this.#exited;
    clearTimeout(timer);
  }

  /** Lets go of the arm, as the end of this process would: it is stopped, and the arm process ends by itself. */
  abandon(): void {
    clearInterval(this.#timer);
    this.#child.stdin?.end();
  }

  #receive(bytes: Buffer): void {
    this.#heardNs = this.#options.clock.nowNs();
    try {
      for (const frame of this.#reader.push(bytes)) this.#take(frame);
    } catch (error) {
      this.#fail(error as ArmatureError);
      this.#child.stdin?.end();
    }
    this.#tellWatchers();
  }

  #take(frame: Frame): void {
    switch (frame.kind) {
      case 'record':
        this.#newest = decodeRecord(this.#records, requireLength(frame, this.#records.length));
        for (const listener of this.#listeners) listener.onRecord(this.#newest);
        break;
      case 'world':
        for (const listener of this.#listeners) listener.onWorld?.(frame.numbers);
        break;
      case 'checkpoint': {
        const checkpoint = fromExactJson(JSON.parse(frame.text)) as GateCheckpoint;
        for (const listener of this.#listeners) listener.onCheckpoint?.(checkpoint);
        break;
      }
      case 'ready':
        this.#ready = parseReady(frame.text);
        break;
      case 'failure':
        this.#fail(errorOf(frame.text));
        break;
      default:
        break;
    }
  }

  #beat(): void {
    const numbers = new Float64Array(heartbeatLayout.length);
    const nowNs = this.#options.clock.nowNs();
    this.#sequence.heartbeat += 1;
    heartbeatLayout.set(numbers, 'sequence', this.#sequence.heartbeat);
    heartbeatLayout.set(numbers, 'sentNs', nowNs);
    if (this.#child.stdin?.writableLength === 0) this.#send(encodeNumbers('heartbeat', numbers));
    // What came while this process was blocked is still to be read: only then silence can be judged.
    setImmediate(() => this.#judgeSilence());
  }

  #judgeSilence(): void {
    const silentNs = this.#options.clock.nowNs() - this.#heardNs;
    if (silentNs > SILENCE_MS * NS_PER_MS) this.#fail(processSilent(SILENCE_MS));
    this.#tellWatchers();
  }

  #send(frame: Buffer): void {
    if (!this.#hasExited && this.#child.stdin?.writable === true) this.#child.stdin.write(frame);
  }

  #fail(failure: ArmatureError): void {
    this.#failure ??= failure;
  }

  #tellWatchers(): void {
    for (const watcher of this.#watchers) watcher();
  }

  #until(condition: (record: ArmRecord | undefined) => boolean, timeoutMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const finish = (settle: () => void): void => {
        clearTimeout(timer);
        this.#watchers.delete(watcher);
        settle();
      };
      const watcher = (): void => {
        const { failure } = this;
        if (failure !== undefined) finish(() => reject(failure));
        else if (condition(this.#newest)) finish(resolve);
      };
      const giveUp = (): void => {
        watcher();
        if (this.#watchers.has(watcher)) finish(() => reject(processSilent(timeoutMs)));
      };
      // As in judgeSilence.
      const timer = setTimeout(() => setImmediate(giveUp), timeoutMs);
      this.#watchers.add(watcher);
      watcher();
    });
  }
}

/**
 * For the process of the gate: its garbage is collected by its own thread, which has priority. By default that thread
 * waits for helpers without any; on a busy machine they turned pauses of 0.4 ms into 7.
 */
export const GATE_FLAGS: readonly string[] = ['--single-threaded-gc'];

function spawnEntry(): ChildProcess {
  const entry = moduleEntry(import.meta.url, 'arm-process');
  return spawn(process.execPath, [...GATE_FLAGS, ...loaderArguments(entry), entry.path], {
    stdio: ['pipe', 'inherit', 'inherit', 'pipe'],
  });
}

function processDied(how: string): ArmatureError {
  return new ArmatureError('E_ARM_DIED', `the arm process ended unexpectedly (${how})`, {
    remedy: 'Nothing commands the arm now. Look at the arm and at the output of the process, then start again.',
  });
}

function processSilent(timeoutMs: number): ArmatureError {
  return new ArmatureError('E_ARM_SILENT', `the arm process did not answer within ${timeoutMs} ms`, {
    remedy: 'Its gate stops the arm when it hears nothing. Close other programs, and start again.',
  });
}
