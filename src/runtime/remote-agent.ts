import { setImmediate } from 'node:timers/promises';
import type { Agent, AgentDecision } from '../core/agent.ts';
import { MonotonicClock, NS_PER_MS, NS_PER_S } from '../core/clock.ts';
import type { Clock } from '../core/clock.ts';
import { ArmatureError } from '../core/errors.ts';
import type { Observation } from '../core/observation.ts';
import { ActionChunk } from '../remote/action-chunk.ts';
import { requireManifestFitsRobot } from '../remote/load-remote-policy.ts';
import { observationMessage } from '../remote/observation-message.ts';
import { PolicyConnection } from '../remote/policy-connection.ts';
import type { RemoteManifest } from '../remote/remote-manifest.ts';
import type { RobotSpec } from '../robot/robot-spec.ts';

export interface RemoteAgentOptions {
  /**
   * Given in real time: it stamps targets, and the agent never waits for its server. Default: lockstep, where the agent
   * waits for each answer, and a target counts as decided at its observation's time.
   */
  readonly clock?: Clock | undefined;
  /** What `apiKeyVariable` of the manifest is looked up in. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/** To be there when a run begins, and after a loss, ms. */
const CONNECT_MS = 5000;
/** Between two attempts to reach a server that is away, ns. */
const RETRY_NS = 200 * NS_PER_MS;

/** An answer, and the time of the observation it is for. */
interface Planned {
  readonly chunk: ActionChunk;
  readonly observedNs: number;
}

/**
 * A policy on a server as an agent. Each answer is a chunk of control ticks that begins with the observation it was asked
 * with: by that time stamp, ticks that have passed are skipped, and a chunk that came too late is dropped. In real time
 * the agent has no target while it has no tick to carry out, so the gate stops the arm; a server that is away is tried
 * again on a new connection for as long as the arm may go on by itself.
 *
 * A new episode has a connection of its own: servers may keep what they saw.
 */
export class RemoteAgent implements Agent {
  readonly name: string;
  readonly #manifest: RemoteManifest;
  readonly #clock: Clock | undefined;
  readonly #apiKey: string | undefined;
  readonly #periodNs: number;
  /** How long there may be no tick to carry out, once there was one, ns. */
  readonly #patienceNs: number;
  readonly #stopwatch = new MonotonicClock();
  #connection: PolicyConnection | undefined;
  #wasAsked = false;
  #seed = 0;
  /** Counts resets, so that what was asked before one is known. */
  #episode = 0;
  #isAsking = false;
  #hasAnswered = false;
  #planned: Planned | undefined;
  /** Since when there is no tick to carry out, ns. */
  #idleSinceNs: number | undefined;
  #retryNs = -Infinity;
  /** What went wrong last, and may be right again next time. */
  #hitch: ArmatureError | undefined;
  /** What ends the episode. */
  #failure: Error | undefined;

  /**
   * Throws InvalidFileError when the policy is of another robot, E_CONTROL_RATE when the robot is to be controlled at
   * another rate, and E_POLICY_KEY when the key for its server is not set.
   */
  constructor(robot: RobotSpec, manifest: RemoteManifest, options: RemoteAgentOptions = {}) {
    requireManifestFitsRobot(manifest, robot);
    if (robot.rates.controlHz !== manifest.controlHz) throw otherRate(robot, manifest);
    this.name = manifest.name;
    this.#manifest = manifest;
    this.#clock = options.clock;
    this.#apiKey = apiKeyOf(manifest, options.environment ?? process.env);
    this.#periodNs = NS_PER_S / manifest.controlHz;
    this.#patienceNs = robot.timeouts.resumeMs * NS_PER_MS;
  }

  /** The same, connected. Throws what PolicyConnection.open throws too. */
  static async open(
    robot: RobotSpec,
    manifest: RemoteManifest,
    options: RemoteAgentOptions = {},
  ): Promise<RemoteAgent> {
    const agent = new RemoteAgent(robot, manifest, options);
    await agent.#connected();
    return agent;
  }

  reset(seed: number): Promise<void> {
    if (this.#wasAsked) this.#disconnect();
    this.#seed = seed;
    this.#episode += 1;
    this.#isAsking = false;
    this.#hasAnswered = false;
    this.#planned = undefined;
    this.#idleSinceNs = undefined;
    this.#retryNs = -Infinity;
    this.#hitch = undefined;
    this.#failure = undefined;
    return Promise.resolve();
  }

  /** Throws what ends the episode: an unusable answer, an error of the server, a server that stays away. */
  async act(observation: Observation): Promise<AgentDecision> {
    const startNs = this.#stopwatch.nowNs();
    const positionsRad = await this.#positions(observation);
    const computeNs = this.#stopwatch.nowNs() - startNs;
    if (positionsRad === undefined) return { target: undefined, computeNs };
    const { timeNs } = observation;
    return { target: { positionsRad, createdNs: this.#clock?.nowNs() ?? timeNs, observedNs: timeNs }, computeNs };
  }

  close(): Promise<void> {
    this.#episode += 1;
    this.#disconnect();
    return Promise.resolve();
  }

  async #positions(observation: Observation): Promise<Float64Array | undefined> {
    if (!this.#isFresh(observation)) {
      this.#planned = undefined;
      return undefined;
    }
    const { execute, askAhead } = this.#manifest.actions;
    if (this.#clock === undefined) {
      if (this.#step(observation) >= execute) await this.#ask(observation);
    } else if (this.#step(observation) >= execute - askAhead && observation.timeNs >= this.#retryNs) {
      void this.#ask(observation);
    }
    if (this.#failure !== undefined) throw this.#failure;
    const step = this.#step(observation);
    if (this.#planned === undefined) return this.#idle(observation);
    this.#idleSinceNs = undefined;
    return this.#planned.chunk.targetRad(step, observation.commandRad);
  }

  /** Which tick of the chunk it is; Infinity without one. Forgets a chunk that is over. */
  #step({ timeNs }: Observation): number {
    if (this.#planned === undefined) return Infinity;
    const step = Math.round((timeNs - this.#planned.observedNs) / this.#periodNs);
    if (step >= 0 && step < this.#manifest.actions.steps) return step;
    this.#planned = undefined;
    return Infinity;
  }

  /** Nothing to carry out. Throws once that has lasted too long. */
  #idle({ timeNs }: Observation): undefined {
    this.#idleSinceNs ??= timeNs;
    const { firstTimeoutMs } = this.#manifest.server;
    // A server that is there may compile its model first.
    const isStarting = !this.#hasAnswered && this.#hitch === undefined;
    const patienceNs = isStarting ? firstTimeoutMs * NS_PER_MS : this.#patienceNs;
    if (timeNs - this.#idleSinceNs < patienceNs) return undefined;
    throw this.#hitch ?? noAnswer(this.#manifest, patienceNs / NS_PER_MS);
  }

  /** Never rejects: what went wrong is kept. */
  async #ask(observation: Observation): Promise<void> {
    if (this.#isAsking) return;
    this.#isAsking = true;
    const episode = this.#episode;
    try {
      // To put the question together takes longer than to answer with what was planned.
      if (this.#clock !== undefined) await setImmediate();
      const connection = await this.#connected();
      if (episode !== this.#episode) return;
      this.#wasAsked = true;
      const message = observationMessage(this.#manifest, observation, this.#seed);
      const answer = await connection.ask(message, this.#timeoutMs());
      if (episode !== this.#episode) return;
      this.#planned = { chunk: ActionChunk.read(this.#manifest, answer, observation), observedNs: observation.timeNs };
      this.#hasAnswered = true;
      this.#hitch = undefined;
    } catch (error) {
      if (episode === this.#episode) this.#judge(error, observation.timeNs);
    } finally {
      if (episode === this.#episode) this.#isAsking = false;
    }
  }

  /** In lockstep nobody is in a hurry, but nobody comes back either. */
  #timeoutMs(): number {
    const { timeoutMs, firstTimeoutMs } = this.#manifest.server;
    return this.#clock === undefined || !this.#hasAnswered ? firstTimeoutMs : timeoutMs;
  }

  #judge(error: unknown, askedNs: number): void {
    this.#disconnect();
    const isHitch = error instanceof ArmatureError && error.code === 'E_POLICY_SERVER' && this.#clock !== undefined;
    if (isHitch) {
      this.#hitch = error;
      this.#retryNs = Math.max(askedNs, this.#clock?.nowNs() ?? askedNs) + RETRY_NS;
    } else {
      this.#failure = error instanceof Error ? error : new Error(String(error), { cause: error });
    }
  }

  async #connected(): Promise<PolicyConnection> {
    if (this.#connection?.isOpen === true) return this.#connection;
    this.#wasAsked = false;
    const episode = this.#episode;
    const { url } = this.#manifest.server;
    const connection = await PolicyConnection.open({ url, apiKey: this.#apiKey, timeoutMs: CONNECT_MS });
    // Whoever asked for it has gone meanwhile.
    if (episode !== this.#episode) connection.close();
    else this.#connection = connection;
    return connection;
  }

  #disconnect(): void {
    this.#connection?.close();
    this.#connection = undefined;
    this.#wasAsked = false;
  }

  #isFresh({ arm, cameras }: Observation): boolean {
    const { images } = this.#manifest.observation;
    return arm.fresh && images.every(({ camera }) => cameras.get(camera)?.fresh !== false);
  }
}

function apiKeyOf(
  { name, server }: RemoteManifest,
  environment: RemoteAgentOptions['environment'],
): string | undefined {
  const { apiKeyVariable } = server;
  if (apiKeyVariable === undefined) return undefined;
  const key = environment?.[apiKeyVariable];
  if (key !== undefined && key !== '') return key;
  throw new ArmatureError('E_POLICY_KEY', `the server of policy "${name}" wants a key`, {
    expected: `the key in the variable ${apiKeyVariable}`,
    remedy: `Set it: export ${apiKeyVariable}=…`,
  });
}

function otherRate({ name, rates }: RobotSpec, manifest: RemoteManifest): ArmatureError {
  const problem = `policy "${manifest.name}" decides at another rate than robot "${name}" is controlled at`;
  return new ArmatureError('E_CONTROL_RATE', problem, {
    expected: `${manifest.controlHz} Hz, controlHz of its policy.json`,
    found: `${rates.controlHz} Hz`,
    remedy: 'Set rates.controlHz of robot.yaml to it.',
  });
}

function noAnswer({ server }: RemoteManifest, patienceMs: number): ArmatureError {
  return new ArmatureError('E_POLICY_SERVER', `the policy server at ${server.url} answers too late to act on`, {
    found: `no control tick of an answer in time for ${patienceMs} ms`,
    remedy: 'Let a chunk have more steps, ask further ahead (actions.askAhead), or use a faster server.',
  });
}
