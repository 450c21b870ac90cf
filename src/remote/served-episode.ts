import type { Agent } from '../core/agent.ts';
import { NS_PER_MS } from '../core/clock.ts';
import type { Clock } from '../core/clock.ts';
import { ArmatureError } from '../core/errors.ts';
import type { MessageMap } from './messages.ts';
import { NdArray } from './ndarray.ts';
import type { RemoteManifest } from './remote-manifest.ts';
import { servedObservation, servedSeed } from './served-observation.ts';

export interface ServedEpisodeOptions {
  readonly manifest: RemoteManifest;
  readonly openAgent: () => Promise<Agent>;
  readonly clock: Clock;
}

/** Observations of one connection, answered one after the other by an agent of its own. */
export class ServedEpisode {
  readonly #options: ServedEpisodeOptions;
  #agent: Promise<Agent> | undefined;
  #tick = 0;
  #answeredRad: Float64Array | undefined;
  #isAnswering = false;
  #prevTotalMs: number | undefined;

  constructor(options: ServedEpisodeOptions) {
    this.#options = options;
  }

  /**
   * The answer to an observation: one row of joint positions, rad. Throws MessageError for one that cannot be read, what
   * the agent throws, and E_POLICY_BUSY for one that comes before the last was answered.
   */
  async answer(message: MessageMap): Promise<MessageMap> {
    if (this.#isAnswering) throw busy();
    this.#isAnswering = true;
    const { manifest, clock } = this.#options;
    const startNs = clock.nowNs();
    try {
      const observation = servedObservation(manifest, message, {
        tick: this.#tick,
        timeNs: startNs,
        answeredRad: this.#answeredRad,
      });
      this.#agent ??= this.#begin(servedSeed(manifest, message));
      const agent = await this.#agent;
      const { target } = await agent.act(observation);
      if (target === undefined) throw undecided(manifest.name);
      this.#tick += 1;
      this.#answeredRad = target.positionsRad;
      const inferMs = (clock.nowNs() - startNs) / NS_PER_MS;
      const previous = this.#prevTotalMs === undefined ? {} : { prev_total_ms: this.#prevTotalMs };
      this.#prevTotalMs = inferMs;
      return {
        actions: NdArray.float64(target.positionsRad, [1, target.positionsRad.length]),
        server_timing: { infer_ms: inferMs, ...previous },
      };
    } finally {
      this.#isAnswering = false;
    }
  }

  async close(): Promise<void> {
    const agent = this.#agent;
    this.#agent = undefined;
    await (await agent?.catch(() => undefined))?.close();
  }

  async #begin(seed: number): Promise<Agent> {
    const agent = await this.#options.openAgent();
    await agent.reset(seed);
    return agent;
  }
}

function busy(): ArmatureError {
  return new ArmatureError('E_POLICY_BUSY', 'an observation came before the last one was answered', {
    remedy: 'Wait for each answer; for several arms at a time open a connection for each.',
  });
}

function undecided(policy: string): ArmatureError {
  return new ArmatureError('E_POLICY_MESSAGE', `policy "${policy}" has no decision on this observation`, {
    expected: 'fresh pictures and joints',
    remedy: 'Send what its metadata names under "observation".',
  });
}
