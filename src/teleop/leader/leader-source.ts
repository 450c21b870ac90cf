import { NS_PER_MS, NS_PER_S } from '../../core/clock.ts';
import type { ArmState } from '../../core/observation.ts';
import type { StampedSource } from '../../core/source.ts';

/** An arm that is moved by hand, as far as it leads. */
export interface LeaderSource {
  readonly name: string;
  /** Its joints, in the order of the states. */
  readonly jointNames: readonly string[];
  /** The newest state; undefined before the first, or while the link is down. Never throws. */
  read(): ArmState | undefined;
  close(): Promise<void>;
}

/** An arm whose states come by themselves. After an error no state counts until the next one comes. */
export function leaderOfSource(
  name: string,
  source: StampedSource<ArmState>,
  jointNames: readonly string[],
): LeaderSource {
  let newest: ArmState | undefined;
  const end = source.subscribe({ next: (state) => (newest = state), error: () => (newest = undefined) });
  return {
    name,
    jointNames,
    read: () => newest,
    close: () => {
      end();
      return Promise.resolve();
    },
  };
}

/** Reported velocities over this say that an arm moves, rad/s. */
const MOVING_RAD_PER_S = 0.1;

/** Stamps are as exact as this, s. */
const STAMP_JITTER_S = 0.02;

export interface LeaderCheckLimits {
  /** A state older than this does not count. */
  readonly staleMs: number;
  /** Positions that stay the same to the bit for so long, while the leader says that it moves, are frozen. */
  readonly frozenMs: number;
  /** No hand turns a joint faster. */
  readonly fastestRadPerS: number;
}

/**
 * Whether what a leader says can be believed: recent, finite, as many values as joints, not the same positions again and
 * again while it says that it moves, and no further from the last than an arm moved by hand gets.
 */
export class LeaderCheck {
  readonly #limits: LeaderCheckLimits;
  #last: ArmState | undefined;
  /** Since when the positions are the same to the bit while the leader says that it moves, monotonic ns. */
  #frozenSinceNs: number | undefined;

  constructor(limits: LeaderCheckLimits) {
    this.#limits = limits;
  }

  reset(): void {
    this.#last = undefined;
    this.#frozenSinceNs = undefined;
  }

  /** What is wrong, in words; undefined: nothing. @param nowNs monotonic, of the clock of the stamps */
  problem(state: ArmState | undefined, jointCount: number, nowNs: number): string | undefined {
    const { staleMs, frozenMs } = this.#limits;
    const last = this.#last;
    this.#last = state;
    if (state === undefined) return 'says nothing';
    const { positionsRad, velocitiesRadPerS, stampNs } = state;
    if (positionsRad.length !== jointCount || !positionsRad.every(Number.isFinite))
      return 'does not say where its joints are';
    const ageMs = (nowNs - stampNs) / NS_PER_MS;
    // Negated so that a stamp that is no number is stale.
    if (!(Math.abs(ageMs) <= staleMs)) return `is silent for ${ageMs.toFixed(0)} ms`;
    const isSame = last !== undefined && positionsRad.every((value, joint) => value === last.positionsRad[joint]);
    const isMoving = velocitiesRadPerS.some((velocity) => Math.abs(velocity) > MOVING_RAD_PER_S);
    this.#frozenSinceNs = isSame && isMoving ? (this.#frozenSinceNs ?? nowNs) : undefined;
    const frozenForMs = (nowNs - (this.#frozenSinceNs ?? nowNs)) / NS_PER_MS;
    if (frozenForMs >= frozenMs) return 'is frozen: it says that it moves, and where it is does not change';
    return last === undefined ? undefined : this.#leap(last, state);
  }

  #leap(last: ArmState, state: ArmState): string | undefined {
    const furthestRad = Math.max(
      0,
      ...state.positionsRad.map((value, joint) => Math.abs(value - (last.positionsRad[joint] ?? value))),
    );
    const elapsedS = Math.max(0, state.stampNs - last.stampNs) / NS_PER_S + STAMP_JITTER_S;
    const possibleRad = this.#limits.fastestRadPerS * elapsedS;
    return furthestRad > possibleRad ? `leapt by ${furthestRad.toFixed(2)} rad` : undefined;
  }
}
