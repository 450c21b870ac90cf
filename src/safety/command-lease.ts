import { NS_PER_MS } from '../core/clock.ts';
import { ArmatureError } from '../core/errors.ts';

/** Who may command an arm. A person outranks a program. */
export interface CommandSource {
  readonly name: string;
  readonly kind: 'person' | 'program';
}

/** The right to command an arm, until it is returned, taken, revoked or lapses. */
export interface Lease {
  /** Names the lease where commands travel as numbers; above 0 and never given twice. */
  readonly id: number;
  readonly source: CommandSource;
}

/** All there is to know of a CommandLease. Plain data. */
export interface LeaseMemory {
  readonly appointed: readonly CommandSource[];
  readonly lease: Lease | undefined;
  readonly retainedNs: number;
  readonly lastId: number;
}

/**
 * Who commands the arm: one source at a time. The operator appoints sources; one of them acquires the lease, and
 * every usable command retains it. A source that falls silent for longer than `resumeMs` loses lease and
 * appointment: it does not set the arm in motion again by itself.
 */
export class CommandLease {
  readonly #resumeNs: number;
  #appointed: readonly CommandSource[] = [];
  #lease: Lease | undefined;
  #retainedNs = 0;
  #lastId = 0;

  /** @param resumeMs how long a source may be silent and keep the lease. */
  constructor(resumeMs: number) {
    this.#resumeNs = resumeMs * NS_PER_MS;
  }

  /**
   * Names the sources that may command, in place of those named before; the lease of one that is not among them
   * ends. The operator's consent is checked by ArmGuard, which keeps this object to itself.
   */
  appoint(sources: readonly CommandSource[]): void {
    this.#appointed = sources.map((source) => ({ ...source }));
    if (this.#lease !== undefined && this.#find(this.#lease.source.name) === undefined) this.#lease = undefined;
  }

  /**
   * The lease, for an appointed source, when nobody holds it. Throws ArmatureError E_LEASE_HELD while another
   * source does, E_NOT_APPOINTED for a source that no operator named.
   */
  acquire(name: string, nowNs: number): Lease {
    const source = this.#require(name);
    const holder = this.holderAt(nowNs);
    if (holder !== undefined && holder.source.name !== name) throw isHeld(name, holder.source);
    return this.#give(source, nowNs);
  }

  /** The lease, whoever holds it, for a person; from a person only by returning it. Throws as `acquire` does. */
  take(name: string, nowNs: number): Lease {
    const source = this.#require(name);
    const holder = this.holderAt(nowNs);
    const outranks = source.kind === 'person' && holder?.source.kind === 'program';
    if (holder !== undefined && holder.source.name !== name && !outranks) throw isHeld(name, holder.source);
    return this.#give(source, nowNs);
  }

  /** Keeps the lease: a usable command came. False, and nothing is kept, when the lease is no longer good. */
  retain(id: number, nowNs: number): boolean {
    if (this.holderAt(nowNs)?.id !== id) return false;
    this.#retainedNs = nowNs;
    return true;
  }

  /** Gives the lease back; the source stays appointed. */
  return(id: number): void {
    if (this.#lease?.id === id) this.#lease = undefined;
  }

  /** Ends the lease and every appointment, as every stop that somebody asked for does. */
  revoke(): void {
    this.#lease = undefined;
    this.#appointed = [];
  }

  /** Who commands now. A lease that was not retained in time lapses here. */
  holderAt(nowNs: number): Lease | undefined {
    // Negated so that a time that is not a number ends the lease.
    if (this.#lease !== undefined && !(nowNs - this.#retainedNs <= this.#resumeNs)) {
      const { name } = this.#lease.source;
      this.#appointed = this.#appointed.filter((source) => source.name !== name);
      this.#lease = undefined;
    }
    return this.#lease;
  }

  snapshot(): LeaseMemory {
    return { appointed: this.#appointed, lease: this.#lease, retainedNs: this.#retainedNs, lastId: this.#lastId };
  }

  restore(memory: LeaseMemory): void {
    this.#appointed = memory.appointed;
    this.#lease = memory.lease;
    this.#retainedNs = memory.retainedNs;
    this.#lastId = memory.lastId;
  }

  #give(source: CommandSource, nowNs: number): Lease {
    this.#lastId += 1;
    this.#lease = { id: this.#lastId, source };
    this.#retainedNs = nowNs;
    return this.#lease;
  }

  #find(name: string): CommandSource | undefined {
    return this.#appointed.find((source) => source.name === name);
  }

  #require(name: string): CommandSource {
    const source = this.#find(name);
    if (source !== undefined) return source;
    throw new ArmatureError('E_NOT_APPOINTED', `"${name}" may not command this arm`, {
      expected:
        this.#appointed.map((appointed) => appointed.name).join(', ') || 'nobody: no operator appointed a source',
      remedy: 'Let the operator appoint it.',
    });
  }
}

function isHeld(name: string, holder: CommandSource): ArmatureError {
  return new ArmatureError('E_LEASE_HELD', `"${name}" cannot command the arm: "${holder.name}" does`, {
    remedy: `Wait until "${holder.name}" returns the lease, or stop the arm.`,
  });
}
