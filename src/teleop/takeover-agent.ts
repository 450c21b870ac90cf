import type { Agent, AgentDecision, Commander } from '../core/agent.ts';
import { closeAll } from '../core/close-all.ts';
import type { Observation } from '../core/observation.ts';
import type { KeySource } from './keyboard/key-source.ts';
import type { TeleopStatus, Teleoperator } from './teleoperator.ts';

export interface TakeoverOptions {
  /** Closed with the agent. */
  readonly policy: Agent;
  /** Closed with the agent. */
  readonly person: Teleoperator;
  /** With it `t` takes over and `b` gives back. Not closed here. */
  readonly keys?: KeySource | undefined;
  /** Told of every hand-over within an episode. */
  readonly onHandOver?: (commander: Commander) => void;
}

const TAKE_OVER = 't';
const GIVE_BACK = 'b';
const TAKEN = Symbol('taken over');

/**
 * A policy and a person who may take over at any moment: by taking the dead-man, or by `takeOver`. The person commands until
 * he gives back, also while the dead-man is released; then the arm holds. Every decision says who commands, so that
 * interventions can be told from the policy's own doing (as in DAgger, Ross, Gordon and Bagnell 2011).
 *
 * No hand-over makes the arm jump: the person starts where the arm was sent last, and what the policy was thinking about then is
 * dropped. After a hand-back the policy forgets what it was about and starts anew from where the arm is.
 */
export class TakeoverAgent implements Agent {
  readonly name: string;
  readonly #options: TakeoverOptions;
  readonly #unlisten: (() => void)[];
  #commander: Commander = 'policy';
  #seed = 0;
  /** What the policy is busy with; it may go on after a take-over, and nobody waits for it then. */
  #busy: Promise<void> | undefined;
  /** What it threw when nobody waited. */
  #failure: Error | undefined;
  #mustReset = false;
  #interrupt: (() => void) | undefined;

  constructor(options: TakeoverOptions) {
    const { policy, person, keys } = options;
    this.name = `${policy.name}, with ${person.name} taking over`;
    this.#options = options;
    this.#unlisten = [
      person.listen({ onEngaged: () => this.takeOver(), onGiveBack: () => this.giveBack() }),
      keys?.listen({
        onKey: ({ key, kind, ctrl, alt }) => {
          if (kind !== 'press' || ctrl || alt) return;
          if (key === TAKE_OVER) this.takeOver();
          else if (key === GIVE_BACK) this.giveBack();
        },
      }) ?? ((): void => undefined),
    ];
  }

  get commander(): Commander {
    return this.#commander;
  }

  get status(): TeleopStatus {
    const { setting, ...status } = this.#options.person.status;
    return {
      ...status,
      setting: this.#commander === 'policy' ? 'the policy commands' : `the person commands, ${setting}`,
    };
  }

  /** From the next decision on the person commands. */
  takeOver(): void {
    if (this.#commander === 'person') return;
    this.#handOver('person');
    this.#interrupt?.();
  }

  /** From the next decision on the policy commands; not while the person holds the dead-man. */
  giveBack(): void {
    if (this.#commander === 'policy' || this.#options.person.isEngaged) return;
    this.#mustReset = true;
    this.#handOver('policy');
  }

  async reset(seed: number): Promise<void> {
    this.#seed = seed;
    this.#commander = 'policy';
    this.#mustReset = false;
    this.#failure = undefined;
    await this.#options.person.reset(seed);
    await this.#options.policy.reset(seed);
  }

  async act(observation: Observation): Promise<AgentDecision> {
    const { person } = this.#options;
    // It sees everything, also while it does not command: then it knows where the arm is when it does.
    const decision = await person.act(observation);
    if (person.isEngaged) this.takeOver();
    return this.#commander === 'person' ? { ...decision, commander: 'person' } : this.#askPolicy(observation);
  }

  close(): Promise<void> {
    for (const unlisten of this.#unlisten) unlisten();
    const { person, policy } = this.#options;
    return closeAll([() => person.close(), () => policy.close()]);
  }

  async #askPolicy(observation: Observation): Promise<AgentDecision> {
    const nothing = { target: undefined, computeNs: 0, commander: this.#commander } as const;
    // It still thinks about what it was asked before somebody took over.
    if (this.#busy !== undefined) return nothing;
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#mustReset) {
      this.#mustReset = false;
      await this.#unlessTaken(this.#options.policy.reset(this.#seed));
      return nothing;
    }
    const decision = await this.#unlessTaken(this.#options.policy.act(observation));
    return decision === TAKEN ? { ...nothing, commander: 'person' } : { ...decision, commander: 'policy' };
  }

  /** What the policy comes to, or TAKEN as soon as somebody takes over: then what it comes to is of no use any more. */
  async #unlessTaken<T>(work: Promise<T>): Promise<T | typeof TAKEN> {
    let isWanted = true;
    this.#busy = work.then(
      () => void (this.#busy = undefined),
      (error: unknown) => {
        this.#busy = undefined;
        if (!isWanted) this.#failure = error instanceof Error ? error : new Error(String(error), { cause: error });
      },
    );
    const taken = new Promise<typeof TAKEN>((resolve) => (this.#interrupt = () => resolve(TAKEN)));
    try {
      const first = await Promise.race([work, taken]);
      isWanted = first !== TAKEN;
      return first;
    } finally {
      this.#interrupt = undefined;
    }
  }

  #handOver(commander: Commander): void {
    this.#commander = commander;
    this.#options.onHandOver?.(commander);
  }
}
