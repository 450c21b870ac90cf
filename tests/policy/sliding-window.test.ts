import { expect, it } from 'vitest';
import type { PolicyDecision } from '../../src/policy/decide-tokens.ts';
import { PolicyEngine } from '../../src/policy/engine.ts';
import { PolicyGraphs, noEmbeddings } from '../../src/policy/policy-graphs.ts';
import type { TrunkInput } from '../../src/policy/policy-graphs.ts';
import { KeyValueRing } from '../../src/policy/state/key-value-ring.ts';
import type { PolicyState } from '../../src/policy/state/policy-state.ts';
import { RingState } from '../../src/policy/state/ring-state.ts';
import type { TokenFrame } from '../../src/tokens/token-frame.ts';
import { everyBin, frameOf, tiny, tinyWithSteps } from './tiny-policy.ts';

const { model, tokens: spec } = tiny.manifest;
const { positionsPerStep } = tiny.layout;

/** Keys and values of one position, as a trunk gave them. */
interface Row {
  readonly step: number;
  readonly output: Float32Array;
  readonly rows: number;
  readonly row: number;
}

/**
 * The window written down plainly: a list of all rows ever computed, of which each run is given those of the newest steps,
 * in order, in a cache made for it alone.
 */
class PlainWindow {
  readonly #graphs: PolicyGraphs;
  readonly #steps: number;
  readonly #rows: Row[] = [];
  #unseen: number[] = [];
  #step = -1;

  constructor(graphs: PolicyGraphs, steps: number) {
    this.#graphs = graphs;
    this.#steps = steps;
  }

  async decide(frame: TokenFrame): Promise<Pick<PolicyDecision, 'tokens' | 'probabilities'>> {
    for (const token of this.#unseen) await this.#run({ tokens: [token] }, this.#step + 1);
    this.#step += 1;
    let logits = await this.#run({ embeddings: await this.#graphs.embed(frame) }, this.#step);
    const tokens: number[] = [];
    const probabilities: number[] = [];
    for (const [slot] of everyBin.entries()) {
      if (slot > 0) logits = await this.#run({ tokens: tokens.slice(-1) }, this.#step);
      const highest = Math.max(...logits);
      tokens.push(spec.codec.textVocabulary + logits.indexOf(highest));
      probabilities.push(1 / logits.reduce((sum, logit) => sum + Math.exp(logit - highest), 0));
    }
    this.#unseen = tokens.slice(-1);
    return { tokens, probabilities };
  }

  /** @param seenFrom the step whose window the run sees */
  async #run(input: Partial<TrunkInput>, seenFrom: number): Promise<Float32Array> {
    const visible = this.#rows.filter(({ step }) => step > seenFrom - this.#steps);
    const shape = { layers: model.layers, kvHeads: model.kvHeads, headWidth: model.headWidth };
    const ring = new KeyValueRing({ ...shape, slots: Math.max(1, visible.length) });
    for (const { output, rows, row } of visible) ring.append(output, { rows, from: row, to: row + 1 });
    const at = this.#rows.length;
    const run = { embeddings: noEmbeddings, tokens: [], embeddingsAt: at, tokensAt: at, ...input };
    const { logits, outputs, rows } = await this.#graphs.trunk(run, new RingState(ring, 1));
    const output = outputs.get('kv') ?? new Float32Array(0);
    for (let row = 0; row < rows; row += 1) this.#rows.push({ step: this.#step, output, rows, row });
    return logits;
  }
}

it('a window of 1024 tokens slides: decisions are those of a cache made anew for each run of the newest steps', async () => {
  const steps = Math.floor(1024 / positionsPerStep);
  const policy = tinyWithSteps(steps);
  const engine = await PolicyEngine.create(policy, { precision: 'fp32', threads: 1 });
  const state: PolicyState = new RingState(new KeyValueRing({ ...model, slots: 1 }), 1);
  const graphs = await PolicyGraphs.open(policy, state, { precision: 'fp32', provider: 'cpu', threads: 1 });
  const plain = new PlainWindow(graphs, steps);
  for (let tick = 0; tick < steps + 12; tick += 1) {
    const frame = frameOf(tick * tick);
    const { tokens, probabilities } = await engine.decide(frame, everyBin);
    const expected = await plain.decide(frame);
    expect(tokens).toEqual(expected.tokens);
    probabilities.forEach((value, slot) => expect(value / (expected.probabilities[slot] ?? NaN)).toBeCloseTo(1, 4));
  }
  await engine.close();
  await graphs.close();
}, 60_000);
