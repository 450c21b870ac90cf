import type { Agent } from '../core/agent.ts';
import { closeAll } from '../core/close-all.ts';
import { ArmatureError, UnknownNameError } from '../core/errors.ts';
import { loadPolicy } from '../policy/load-policy.ts';
import type { LoadedPolicy } from '../policy/load-policy.ts';
import type { ModelManifest } from '../policy/model-manifest.ts';
import type { ExecutionProviderName } from '../policy/providers.ts';
import { promptSteps } from '../policy/prompt.ts';
import { isRemotePolicy, loadRemotePolicy, requireManifestFitsRobot } from '../remote/load-remote-policy.ts';
import type { RemoteManifest } from '../remote/remote-manifest.ts';
import { loadRobot } from '../robot/load-robot.ts';
import type { RobotSpec } from '../robot/robot-spec.ts';
import { requireLayoutFitsRobot } from '../tokens/check-layout.ts';
import { encodeText, unknownWords } from '../tokens/text.ts';
import type { PromptSource } from './demonstration-prompt.ts';
import type { EpisodeResult } from './episode-result.ts';
import { openPolicy } from './open-policy.ts';
import { ProcessAgent } from './process-agent.ts';
import { SimulatedTask } from './simulated-task.ts';
import type { TaskRequest, WorkRequest } from './task-request.ts';
import type { RunMode, Workplace, WorkOptions } from './workplace.ts';

export interface SessionOptions {
  /** Name or folder. */
  readonly robot: string;
  /** One of the blocks under `drivers` in robot.yaml. */
  readonly driver: string;
  /** Name or folder. */
  readonly policy: string;
  readonly mode: RunMode;
  /** Decisions a second; default, and only choice: what the policy was trained at. */
  readonly rateHz?: number | undefined;
  /** See GatoAgentOptions. */
  readonly safetyMask?: boolean | undefined;
  /** Default cpu. */
  readonly provider?: ExecutionProviderName | undefined;
  /** Live only: a decision that takes longer is cut short, ms. Default: 95 % of the control period. */
  readonly deadlineMs?: number | undefined;
  /** A demonstration that every episode begins with; only for policies that look back. */
  readonly prompt?: PromptSource | undefined;
  /** See OpenPolicyOptions. */
  readonly server?: string | undefined;
  /** Whether decisions are to say what the policy attended to: for those who show it. Default false. */
  readonly attention?: boolean | undefined;
}

/** A session that can be opened: everything was checked that can be before anything is started. */
export interface SessionPlan {
  /** At the control rate of the policy. */
  readonly robot: RobotSpec;
  readonly driver: keyof RobotSpec['drivers'];
  readonly policy: string;
  readonly manifest: ModelManifest | RemoteManifest;
  /** The policy whose files were checked; undefined for one on a server. */
  readonly loaded: LoadedPolicy | undefined;
  readonly mode: RunMode;
  readonly safetyMask: boolean;
  readonly provider: ExecutionProviderName;
  /** See SessionOptions. */
  readonly deadlineMs: number | undefined;
  /** See SessionOptions. */
  readonly prompt: PromptSource | undefined;
  readonly server: string | undefined;
  /** See SessionOptions. */
  readonly attention: boolean;
  /** Words of the instructions that mean nothing to the policy; it acts on the others. */
  readonly unknownWords: readonly string[];
}

export interface SessionEpisode {
  readonly instruction: string;
  readonly seed: number;
  readonly result: EpisodeResult;
  /** Why the policy could not go on; undefined when it could. */
  readonly failure: Error | undefined;
}

/**
 * Checks what a session needs. Throws UnknownNameError for a robot, policy or driver that does not exist,
 * InvalidFileError, E_LAYOUT_ROBOT for a policy of another robot, E_CONTROL_RATE, E_NO_PROMPT, and E_UNKNOWN_WORDS and
 * E_TEXT_TOO_LONG for an instruction that the policy cannot read.
 */
export function planSession(options: SessionOptions, requests: readonly WorkRequest[]): SessionPlan {
  const robot = loadRobot(options.robot);
  const instructions = requests.flatMap(({ instruction }) => (instruction === undefined ? [] : [instruction.text]));
  // Nobody can prompt a policy on a server: loading it as one that is here says so.
  const isRemote = options.prompt === undefined && isRemotePolicy(options.policy);
  const { manifest, loaded, unknown } = isRemote
    ? planRemote(options, robot)
    : planTokens(options, robot, instructions);
  const controlHz = controlRate(robot, manifest, options.rateHz);
  return {
    robot: { ...robot, rates: { ...robot.rates, controlHz } },
    driver: driverOf(robot, options.driver),
    policy: options.policy,
    manifest,
    loaded,
    mode: options.mode,
    safetyMask: options.safetyMask ?? true,
    provider: options.provider ?? 'cpu',
    deadlineMs: options.deadlineMs,
    prompt: options.prompt,
    server: options.server,
    attention: options.attention ?? false,
    unknownWords: unknown,
  };
}

/** A manifest that fits the robot, and the words of the instructions that mean nothing to its policy. */
interface PlannedPolicy {
  readonly manifest: SessionPlan['manifest'];
  readonly loaded: LoadedPolicy | undefined;
  readonly unknown: readonly string[];
}

function planTokens(
  { policy, prompt }: SessionOptions,
  robot: RobotSpec,
  instructions: readonly string[],
): PlannedPolicy {
  const loaded = loadPolicy(policy);
  if (prompt !== undefined) promptSteps(loaded);
  const { manifest, layout } = loaded;
  requireLayoutFitsRobot(manifest.tokens, robot);
  for (const instruction of instructions) encodeText(layout, instruction);
  const unknown = new Set(instructions.flatMap((instruction) => unknownWords(layout, instruction)));
  return { manifest, loaded, unknown: [...unknown] };
}

/** What words mean to a server, only the server knows. */
function planRemote({ policy, server }: SessionOptions, robot: RobotSpec): PlannedPolicy {
  const manifest = loadRemotePolicy(policy, server);
  requireManifestFitsRobot(manifest, robot);
  return { manifest, loaded: undefined, unknown: [] };
}

/**
 * A policy and what it runs on, for any number of episodes. In lockstep the policy is in this process and the
 * world waits for it; live it has a process of its own, and nothing waits.
 */
export class PolicySession {
  readonly plan: SessionPlan;
  readonly #agent: Agent;
  readonly #arm: Workplace | undefined;
  readonly #scenes = new Map<string, Workplace>();

  private constructor(plan: SessionPlan, agent: Agent, arm: Workplace | undefined) {
    this.plan = plan;
    this.#agent = agent;
    this.#arm = arm;
  }

  /**
   * Loads the policy. Throws what openPolicy and ProcessAgent.start throw.
   * @param arm a real arm, which is not closed with the session; undefined for simulated scenes.
   */
  static async open(plan: SessionPlan, arm?: Workplace): Promise<PolicySession> {
    const { robot, policy, loaded, mode, safetyMask, provider, deadlineMs, prompt, server, attention } = plan;
    const prompted = prompt === undefined ? {} : { prompt };
    const limited = deadlineMs === undefined ? {} : { deadlineMs };
    const given = { safetyMask, provider, server, attention, ...prompted };
    const agent =
      mode === 'lockstep'
        ? await openPolicy(robot, loaded ?? policy, given)
        : await ProcessAgent.start({ kind: 'policy', directory: policy, ...given, ...limited }, robot);
    return new PolicySession(plan, agent, arm);
  }

  /** One episode. In lockstep the same request and seed give the same episode to the bit. */
  async run(
    request: TaskRequest | WorkRequest,
    options: Pick<
      WorkOptions,
      'seed' | 'listeners' | 'signal' | 'blackBox' | 'cameras' | 'isOver' | 'keepsPose' | 'onControl'
    >,
  ): Promise<SessionEpisode> {
    const { mode } = this.plan;
    const { instruction: given, judged, timeLimitS } = request;
    const place = await this.#placeOf(request);
    const { instruction, result } = await place.run({
      ...options,
      ...(given === undefined ? {} : { instruction: given }),
      mode,
      judged,
      timeLimitS,
      agent: () => this.#agent,
    });
    return { instruction, seed: options.seed, result, failure: result.agentFailure ?? this.#failureOf(result) };
  }

  async close(): Promise<void> {
    const scenes = [...this.#scenes.values()].map((scene) => () => scene.close());
    await closeAll([...scenes, () => this.#agent.close()]);
  }

  async #placeOf(request: TaskRequest | WorkRequest): Promise<Workplace> {
    const { robot, driver } = this.plan;
    if (this.#arm !== undefined) return this.#arm;
    if (!('task' in request) || (driver !== 'sim' && driver !== 'mirror')) throw noPlace(driver);
    const { task: spec } = request;
    const place = this.#scenes.get(spec.name) ?? (await SimulatedTask.load(robot, spec)).through(driver);
    this.#scenes.set(spec.name, place);
    return place;
  }

  /** A process that only once was too slow has not failed: the gate bridged it. */
  #failureOf({ outcome }: EpisodeResult): Error | undefined {
    if (!(this.#agent instanceof ProcessAgent)) return undefined;
    const { failure } = this.#agent;
    return failure?.code === 'E_AGENT_DIED' || outcome === 'protective-stop' ? failure : undefined;
  }
}

function controlRate(robot: RobotSpec, manifest: SessionPlan['manifest'], wantedHz: number | undefined): number {
  const { gateHz } = robot.rates;
  const { name, controlHz } = manifest;
  const rateHz = wantedHz ?? controlHz;
  if (rateHz === controlHz && Number.isInteger(gateHz / rateHz)) return rateHz;
  throw new ArmatureError('E_CONTROL_RATE', `policy "${name}" cannot decide at ${rateHz} Hz on robot "${robot.name}"`, {
    expected: `the ${controlHz} Hz the policy was trained at, of which the gate's ${gateHz} Hz is a whole multiple`,
    found: `${rateHz} Hz`,
    remedy:
      rateHz === controlHz
        ? `Set rates.gateHz of robot "${robot.name}" to a multiple of ${controlHz}.`
        : `Leave the rate out, or set it to ${controlHz}.`,
  });
}

function noPlace(driver: string): ArmatureError {
  return new ArmatureError('E_NO_SCENE', `driver "${driver}" reaches a real arm, and none was opened`, {
    remedy: 'Give PolicySession.open an ArmWorkplace, or use driver sim or mirror.',
  });
}

function driverOf(robot: RobotSpec, name: string): keyof RobotSpec['drivers'] {
  const names = Object.keys(robot.drivers) as (keyof RobotSpec['drivers'])[];
  const reachable = names.filter((driver) => robot.drivers[driver] !== undefined);
  const driver = reachable.find((candidate) => candidate === name);
  if (driver === undefined) throw new UnknownNameError('driver', name, reachable);
  return driver;
}
