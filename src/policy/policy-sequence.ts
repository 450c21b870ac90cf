import type { TokenFrame } from '../tokens/token-frame.ts';
import { noEmbeddings } from './policy-graphs.ts';
import type { PolicyGraphs } from './policy-graphs.ts';
import type { PolicyState } from './state/policy-state.ts';

/** A copy of a sequence at one moment. */
export interface SequenceSnapshot {
  /** Brings the sequence it was taken of back to that moment, to the bit; any number of times. */
  restore(): void;
}

/** The sequence of tokens that a policy is in: what it remembers, and the position of what comes next. */
export class PolicySequence {
  readonly #graphs: PolicyGraphs;
  readonly #state: PolicyState;
  readonly #steps: number;
  /** Position of the next token in the sequence. */
  #position = 0;
  /** Of the step under way: embeddings it began with, and rows the state has of it. */
  #observed = { embeddings: 0, rows: 0 };
  #attention: Float32Array | undefined;
  /** The newest action tokens: decided, but not yet seen by the trunk. */
  #unseen: readonly number[] = [];

  /** @param steps time steps that the policy sees, the one under way included. */
  constructor(graphs: PolicyGraphs, state: PolicyState, steps: number) {
    this.#graphs = graphs;
    this.#state = state;
    this.#steps = steps;
  }

  /**
   * What the newest logits were read from attended to of the embeddings that the time step began with, one weight each. Undefined
   * where the graphs do not tell.
   */
  get attention(): Float32Array | undefined {
    return this.#attention;
  }

  /** Begins a time step with its observation. Returns the logits of what follows it, of all slots in parallel. */
  async pushObservation(frame: TokenFrame): Promise<Float32Array> {
    const embeddings = await this.#graphs.embed(frame);
    if (this.#steps === 1) this.forget();
    this.#state.makeRoom();
    // The last tokens of the step before share this run.
    const tokens = this.#unseen;
    const tokensAt = this.#position;
    const embeddingsAt = tokensAt + tokens.length;
    const { logits, outputs, rows, attention } = await this.#graphs.trunk(
      { embeddings, embeddingsAt, tokens, tokensAt },
      this.#state,
    );
    const [tokensFrom, embeddingsFrom] =
      this.#state.rowOrder === 'tokens-first' ? [0, tokens.length] : [embeddings.positions, 0];
    const decided = { from: tokensFrom, to: tokensFrom + tokens.length, position: tokensAt, beginsStep: false };
    const to = embeddingsFrom + embeddings.positions;
    const observed = { from: embeddingsFrom, to, position: embeddingsAt, beginsStep: true };
    this.#attention = attention?.slice(attention.length - rows + embeddingsFrom).subarray(0, embeddings.positions);
    this.#observed = { embeddings: embeddings.positions, rows: embeddings.positions };
    this.#state.keep({ outputs, rows, kept: tokens.length > 0 ? [decided, observed] : [observed] });
    this.#position = embeddingsAt + embeddings.positions;
    this.#unseen = [];
    return logits;
  }

  /** Runs an action token of the step under way. Returns the logits after it. */
  async pushToken(token: number): Promise<Float32Array> {
    const input = { embeddings: noEmbeddings, embeddingsAt: 0, tokens: [token], tokensAt: this.#position };
    const { logits, outputs, rows, attention } = await this.#graphs.trunk(input, this.#state);
    const { embeddings, rows: newest } = this.#observed;
    const slots = attention === undefined ? [] : this.#state.newestSlots(newest).slice(0, embeddings);
    this.#attention = attention && Float32Array.from(slots, (slot) => attention[slot] ?? 0);
    this.#observed = { embeddings, rows: newest + rows };
    const kept = [{ from: 0, to: rows, position: this.#position, beginsStep: false }];
    this.#state.keep({ outputs, rows, kept });
    this.#position += 1;
    return logits;
  }

  /** Ends the step under way with tokens that nothing is asked after: they run together with the next observation. */
  pushLast(tokens: readonly number[]): void {
    this.#unseen = tokens;
  }

  forget(): void {
    this.#state.clear();
    this.#restart();
  }

  /** Forgets after a failed run, which may have left numbers that are none. */
  erase(): void {
    this.#state.erase();
    this.#restart();
  }

  snapshot(): SequenceSnapshot {
    const state = this.#state.snapshot();
    const [position, unseen] = [this.#position, this.#unseen];
    return {
      restore: () => {
        state.restore();
        this.#position = position;
        this.#unseen = unseen;
      },
    };
  }

  #restart(): void {
    this.#position = 0;
    this.#unseen = [];
  }
}
