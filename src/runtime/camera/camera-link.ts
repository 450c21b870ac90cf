import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { NS_PER_MS } from '../../core/clock.ts';
import type { Clock } from '../../core/clock.ts';
import { ArmatureError } from '../../core/errors.ts';
import { loaderArguments, moduleEntry } from '../../core/module-worker.ts';
import type { RecordedVideo } from './row-recorder.ts';
import { retryDelayMs } from '../../sensors/from-source.ts';
import { toError } from '../../core/failure.ts';
import type { CameraReply, CameraReport, CameraRequest, CameraSpec } from './camera-messages.ts';

export interface CameraLinkOptions {
  readonly spec: CameraSpec;
  readonly clock: Clock;
  readonly onReport: (report: Exclude<CameraReport, CameraReply>) => void;
  /** The process ended although nobody asked it to, or cannot open the camera; a new one is on its way. */
  readonly onDied: (failure: ArmatureError) => void;
}

/** A request without its number. */
type Question = CameraRequest extends infer Kind
  ? Kind extends { readonly id: number }
    ? Omit<Kind, 'id'>
    : never
  : never;
type Statement = Exclude<CameraRequest, { readonly id: number }>;

interface Waiting {
  readonly resolve: (reply: CameraReply) => void;
  readonly reject: (error: ArmatureError) => void;
}

/** A process that says nothing for so long is ended, and a new one started, ms. */
const SILENCE_MS = 5000;
/** One that was just started may take longer: a slow machine, many at once, ms. */
const START_SILENCE_MS = 60_000;
/** After a polite request to end, ms. */
const CLOSE_TIMEOUT_MS = 4000;
/** Pictures of its own that a supervisor keeps for a process that does not read them. */
const MOST_UNSENT_PUSHES = 8;

/** The process of one camera, and after its end the next one. */
export class CameraLink {
  readonly #options: CameraLinkOptions;
  readonly #waiting = new Map<number, Waiting>();
  #child: ChildProcess;
  #exited: Promise<void>;
  #lastId = 0;
  #heardNs: number;
  #hasStarted = false;
  #deaths = 0;
  #unsentPushes = 0;
  #restart: NodeJS.Timeout | undefined;
  #isClosing = false;

  private constructor(options: CameraLinkOptions) {
    this.#options = options;
    this.#heardNs = options.clock.nowNs();
    this.#child = forkEntry();
    this.#exited = this.#watch(this.#child);
  }

  /** Starts the process. Throws what it says, for example E_VIDEO_UNAVAILABLE. */
  static async start(options: CameraLinkOptions): Promise<CameraLink> {
    const link = new CameraLink(options);
    try {
      await link.ask({ kind: 'open', spec: options.spec });
      return link;
    } catch (error) {
      await link.close();
      throw error;
    }
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Processes that ended although nobody asked them to. */
  get deaths(): number {
    return this.#deaths;
  }

  /** Resolves with the answer. Throws what went wrong there, or E_CAMERA_DIED. */
  async ask(question: Question): Promise<{ readonly recorded?: RecordedVideo }> {
    if (!this.#child.connected) throw this.#died('and is being started again');
    const id = (this.#lastId += 1);
    const reply = await new Promise<CameraReply>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#send({ ...question, id });
    });
    if (reply.failure !== undefined) throw toError(reply.failure);
    return reply;
  }

  /** Tells without an answer. A picture is left out where the process does not read those before. */
  tell(statement: Statement): void {
    if (statement.kind !== 'push') return this.#send(statement);
    if (this.#unsentPushes >= MOST_UNSENT_PUSHES) return;
    this.#unsentPushes += 1;
    this.#send(statement, () => {
      this.#unsentPushes -= 1;
    });
  }

  /** Ends a process that has been silent for too long; the next one is started then. */
  checkSilence(): void {
    const silentNs = this.#options.clock.nowNs() - this.#heardNs;
    const mostMs = this.#hasStarted ? SILENCE_MS : START_SILENCE_MS;
    if (silentNs > mostMs * NS_PER_MS && this.#restart === undefined) this.#child.kill('SIGKILL');
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    clearTimeout(this.#restart);
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), CLOSE_TIMEOUT_MS);
    await this.ask({ kind: 'close' }).catch(() => undefined);
    await this.#exited;
    clearTimeout(timer);
  }

  #watch(child: ChildProcess): Promise<void> {
    child.on('message', (report: CameraReport) => this.#receive(report));
    // Sending to a process that is ending fails here; its exit tells the rest.
    child.on('error', () => undefined);
    return new Promise((resolve) => {
      child.on('exit', (code, signal) => {
        const failure = this.#died(`(${signal ?? `code ${code}`})`);
        for (const { reject } of this.#waiting.values()) reject(failure);
        this.#waiting.clear();
        this.#unsentPushes = 0;
        resolve();
        if (!this.#isClosing) this.#startAgain(failure);
      });
    });
  }

  #receive(report: CameraReport): void {
    this.#heardNs = this.#options.clock.nowNs();
    this.#hasStarted = true;
    if (report.kind !== 'reply') return this.#options.onReport(report);
    this.#waiting.get(report.id)?.resolve(report);
    this.#waiting.delete(report.id);
  }

  #startAgain(failure: ArmatureError): void {
    this.#deaths += 1;
    this.#options.onDied(failure);
    this.#restart = setTimeout(() => {
      this.#restart = undefined;
      this.#heardNs = this.#options.clock.nowNs();
      this.#hasStarted = false;
      this.#child = forkEntry();
      this.#exited = this.#watch(this.#child);
      // Where this fails the process has ended, and is started again.
      this.ask({ kind: 'open', spec: this.#options.spec }).catch(() => this.#child.kill('SIGKILL'));
    }, retryDelayMs(this.#deaths));
  }

  #send(request: CameraRequest, onSent: () => void = () => undefined): void {
    if (this.#child.connected) this.#child.send(request, onSent);
    else onSent();
  }

  #died(how: string): ArmatureError {
    return new ArmatureError('E_CAMERA_DIED', `the process of camera ${this.#options.spec.address.name} ended ${how}`, {
      remedy: 'It is started again. Record the episode that was under way again; what was saved before is safe.',
    });
  }
}

function forkEntry(): ChildProcess {
  const entry = moduleEntry(import.meta.url, 'camera-process');
  const execArgv = loaderArguments(entry);
  return fork(entry.path, { execArgv, serialization: 'advanced', stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
}
