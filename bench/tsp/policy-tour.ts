import type { PolicyEngine } from '../../src/policy/engine.ts';
import { createLayout } from '../../src/tokens/layout.ts';
import type { StepLayout } from '../../src/tokens/layout.ts';
import type { LayoutSpec } from '../../src/tokens/layout-spec.ts';
import { encodeText } from '../../src/tokens/text.ts';
import type { TokenFrame } from '../../src/tokens/token-frame.ts';
import { linearId, toUnit } from '../../src/tokens/value-codec.ts';
import { distance } from './tours.ts';
import type { Place, Tour } from './tours.ts';

/** Of the third value of a city, as training/tsp.py has them. */
const [VISITED, OPEN] = [1, -1];

/** A situation on the way, as tokens, and which city each choice stands for. */
interface Situation {
  readonly frame: TokenFrame;
  /** Cities by distance from the present one, which comes first. */
  readonly ranked: readonly number[];
}

/** Visits cities as a policy of training/tsp.py chooses: the choice k is the k-th nearest city. */
export class TourGuide {
  readonly #engine: PolicyEngine;
  readonly #layout: StepLayout;
  readonly #textIds: Int32Array;

  constructor(engine: PolicyEngine) {
    this.#engine = engine;
    this.#layout = createLayout(engine.manifest.tokens);
    this.#textIds = encodeText(this.#layout, 'tour');
  }

  /** Cities of the tours it was trained on. */
  get cities(): number {
    return this.#layout.spec.choice?.values ?? 0;
  }

  /** A tour from city 0. Cities that were visited are no choice. */
  async tour(places: readonly Place[]): Promise<Tour> {
    await this.#engine.reset(0);
    const tour = [0];
    while (tour.length < places.length) {
      const { frame, ranked } = this.#situation(places, tour);
      const left = [...ranked.keys()].filter((rank) => !tour.includes(ranked[rank] ?? 0));
      const { tokens } = await this.#engine.decide(frame, [{ bins: left }]);
      tour.push(ranked[tokens[0] ?? 0] ?? 0);
    }
    return tour;
  }

  #situation(places: readonly Place[], tour: Tour): Situation {
    const here = tour.at(-1) ?? 0;
    const ranked = [...places.keys()].toSorted(
      (left, right) => distance(places, here, left) - distance(places, here, right),
    );
    const offset = (city: number): number[] => [
      (places[city]?.x ?? 0) - (places[here]?.x ?? 0),
      (places[city]?.y ?? 0) - (places[here]?.y ?? 0),
    ];
    const seen = ranked.flatMap((city) => [...offset(city), tour.includes(city) ? VISITED : OPEN]);
    const stateIds = encodeValues(this.#layout.spec, [...seen, ...offset(0)]);
    return { frame: { textIds: this.#textIds, stateIds, patches: new Float32Array() }, ranked };
  }
}

function encodeValues(spec: LayoutSpec, values: readonly number[]): Int32Array {
  const bounds = spec.state.flatMap((modality) =>
    modality.codec === 'linear-values'
      ? modality.low.map((low, index) => ({ low, high: modality.high[index] ?? Number.NaN }))
      : [],
  );
  return Int32Array.from(bounds, ({ low, high }, index) =>
    linearId(toUnit(values[index] ?? Number.NaN, low, high), spec.codec),
  );
}
