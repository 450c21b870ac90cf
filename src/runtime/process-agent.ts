import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import type { Agent, AgentDecision } from '../core/agent.ts';
import { NS_PER_MS } from '../core/clock.ts';
import { ArmatureError } from '../core/errors.ts';
import { toError, toFailure } from '../core/failure.ts';
import { loaderArguments, moduleEntry } from '../core/module-worker.ts';
import type { Observation } from '../core/observation.ts';
import type { RobotSpec } from '../robot/robot-spec.ts';
import type { AgentReply, AgentRequest } from './agent-messages.ts';
import type { AgentSpec } from './agent-spec.ts';

export interface ProcessAgentOptions {
  /** An answer that takes longer counts as no target, ms; default 1000. */
  readonly answerTimeoutMs?: number;
  /** Loading a policy may take this long, ms; default 60000. */
  readonly startTimeoutMs?: number;
  /** Told once for each thing that goes wrong while running. */
  readonly onFailure?: (failure: ArmatureError) => void;
}

const NO_TARGET: AgentDecision = { target: undefined, computeNs: 0 };
/** After a polite request to end, ms. */
const CLOSE_TIMEOUT_MS = 3000;

/** A request without its number. */
type Request = AgentRequest extends infer Kind ? (Kind extends AgentRequest ? Omit<Kind, 'id'> : never) : never;

/**
 * An agent in a process of its own, so that it may block, crash or be killed without harm: from then on it
 * has no targets, and the gate brings the arm to a stop. One that was slow goes on when it answers again; one that is gone, or
 * silent for longer than the arm may go on by itself after, ends the episode. `failure` and onFailure say what happened first.
 * Start a new one to go on.
 */
export class ProcessAgent implements Agent {
  readonly #child: ChildProcess;
  readonly #options: ProcessAgentOptions;
  readonly #waiting = new Map<number, (reply: AgentReply) => void>();
  readonly #exited: Promise<void>;
  readonly #reported = new Set<string>();
  #name = 'process';
  #lastId = 0;
  #isClosing = false;
  #failure: ArmatureError | undefined;
  #death: ArmatureError | undefined;
  /** Time of the observation since which an answer is owed, ns. */
  #owedSinceNs: number | undefined;
  /** How long one may be owed, ns. */
  readonly #patienceNs: number;

  private constructor(robot: RobotSpec, options: ProcessAgentOptions) {
    this.#options = options;
    this.#patienceNs = robot.timeouts.resumeMs * NS_PER_MS;
    this.#child = forkEntry();
    this.#child.on('message', (reply: AgentReply) => {
      this.#waiting.get(reply.id)?.(reply);
      this.#waiting.delete(reply.id);
    });
    // Sending to a process that is ending fails here; its exit tells the rest.
    this.#child.on('error', () => undefined);
    this.#exited = new Promise((resolve) => {
      this.#child.on('exit', (code, signal) => {
        const died = processDied(signal ?? `code ${code}`);
        this.#death = died;
        if (!this.#isClosing) this.#fail(died);
        for (const [id, settle] of this.#waiting) settle({ id, error: toFailure(died, died) });
        this.#waiting.clear();
        resolve();
      });
    });
  }

  /** Starts the process and loads the agent. Throws E_AGENT_PROCESS with what went wrong in it. */
  static async start(spec: AgentSpec, robot: RobotSpec, options: ProcessAgentOptions = {}): Promise<ProcessAgent> {
    const agent = new ProcessAgent(robot, options);
    const reply = await agent.#ask({ kind: 'start', spec, robot }, options.startTimeoutMs ?? 60_000);
    if (reply?.name === undefined) {
      await agent.close();
      throw new ArmatureError('E_AGENT_PROCESS', 'the agent process could not load its agent', {
        found: reply?.error === undefined ? 'no answer in time' : toError(reply.error).message,
        remedy: 'Correct what it names, and start it again.',
      });
    }
    agent.#name = reply.name;
    return agent;
  }

  get name(): string {
    return this.#name;
  }

  /** The process, for those who watch or end it. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** The first thing that went wrong. */
  get failure(): ArmatureError | undefined {
    return this.#failure;
  }

  /** Throws E_AGENT_DIED, and what the agent throws. */
  async reset(seed: number): Promise<void> {
    if (this.#death !== undefined) throw this.#death;
    if (!this.#child.connected) return;
    this.#judge(await this.#ask({ kind: 'reset', seed }, this.#answerTimeoutMs));
  }

  /** Throws what the agent throws, E_AGENT_DIED, and E_AGENT_SILENT once an answer is owed for longer than `timeouts.resumeMs`. */
  async act(observation: Observation): Promise<AgentDecision> {
    if (this.#death !== undefined) throw this.#death;
    // A process that owes an answer would only pile up observations it can no longer use.
    if (!this.#child.connected || this.#waiting.size > 0) return this.#owe(observation);
    this.#owedSinceNs = undefined;
    const reply = await this.#ask({ kind: 'act', observation }, this.#answerTimeoutMs);
    this.#judge(reply);
    return reply?.decision ?? this.#owe(observation);
  }

  #owe({ timeNs }: Observation): AgentDecision {
    this.#owedSinceNs ??= timeNs;
    const owedNs = timeNs - this.#owedSinceNs;
    if (owedNs > this.#patienceNs) throw noAnswer(owedNs / NS_PER_MS);
    return NO_TARGET;
  }

  /** Ends the process at once, whatever it is doing. */
  kill(): void {
    this.#isClosing = true;
    this.#child.kill('SIGKILL');
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      this.#send({ kind: 'close', id: (this.#lastId += 1) });
      const timer = setTimeout(() => this.#child.kill('SIGKILL'), CLOSE_TIMEOUT_MS);
      await this.#exited;
      clearTimeout(timer);
    }
  }

  get #answerTimeoutMs(): number {
    return this.#options.answerTimeoutMs ?? 1000;
  }

  /** Resolves with the answer, or with undefined when none came in time. */
  #ask(request: Request, timeoutMs: number): Promise<AgentReply | undefined> {
    if (!this.#child.connected) return Promise.resolve(undefined);
    const id = (this.#lastId += 1);
    return new Promise((resolve) => {
      // The entry stays in `waiting`: the process still owes this answer.
      const timer = setTimeout(() => resolve(undefined), timeoutMs);
      this.#waiting.set(id, (reply) => {
        clearTimeout(timer);
        resolve(reply);
      });
      this.#send({ ...request, id });
    });
  }

  #send(request: AgentRequest): void {
    if (this.#child.connected) this.#child.send(request, () => undefined);
  }

  #judge(reply: AgentReply | undefined): void {
    if (reply === undefined) this.#fail(noAnswer(this.#answerTimeoutMs));
    else if (reply.error !== undefined && this.#child.connected) {
      const thrown = toError(reply.error);
      this.#fail(thrown);
      throw thrown;
    }
  }

  #fail(failure: ArmatureError): void {
    this.#failure ??= failure;
    if (this.#reported.has(failure.code)) return;
    this.#reported.add(failure.code);
    this.#options.onFailure?.(failure);
  }
}

function forkEntry(): ChildProcess {
  const entry = moduleEntry(import.meta.url, 'agent-process');
  const execArgv = loaderArguments(entry);
  return fork(entry.path, { execArgv, serialization: 'advanced', stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
}

function processDied(how: string): ArmatureError {
  return new ArmatureError('E_AGENT_DIED', `the agent process ended unexpectedly (${how})`, {
    remedy: 'The arm was brought to a stop. Look at the output of the process above, and start it again.',
  });
}

function noAnswer(timeoutMs: number): ArmatureError {
  return new ArmatureError('E_AGENT_SILENT', `the agent process did not answer within ${Math.round(timeoutMs)} ms`, {
    remedy: 'The arm was brought to a stop. Use a faster precision or fewer other programs.',
  });
}
