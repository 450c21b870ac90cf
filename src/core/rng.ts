/**
 * Seeded pseudo-random numbers: xoshiro128** (Blackman and Vigna 2018, "Scrambled Linear
 * Pseudorandom Number Generators"), seeded through splitmix32. Same seed, same sequence, to the bit.
 */
export class Rng {
  readonly #state = new Uint32Array(4);

  /** @param seed any integer; its low 32 bits and the next 21 bits both count. */
  constructor(seed: number) {
    let mix = (seed ^ Math.imul(Math.floor(seed / 2 ** 32), 0x9e3779b9)) >>> 0;
    for (let index = 0; index < 4; index += 1) {
      mix = (mix + 0x9e3779b9) >>> 0;
      let word = mix;
      word = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
      word = Math.imul(word ^ (word >>> 13), 0xc2b2ae35);
      this.#state[index] = (word ^ (word >>> 16)) >>> 0;
    }
  }

  /** A uniform 32-bit unsigned integer. */
  nextUint32(): number {
    const state = this.#state;
    const [a, b, c, d] = [state[0] ?? 0, state[1] ?? 0, state[2] ?? 0, state[3] ?? 0];
    const scrambled = Math.imul(b, 5);
    const result = Math.imul((scrambled << 7) | (scrambled >>> 25), 9) >>> 0;
    const third = c ^ a;
    const fourth = d ^ b;
    state[1] = b ^ third;
    state[0] = a ^ fourth;
    state[2] = third ^ (b << 9);
    state[3] = (fourth << 11) | (fourth >>> 21);
    return result;
  }

  /** Uniform in [low, high). */
  uniform(low: number, high: number): number {
    return low + (high - low) * (this.nextUint32() / 2 ** 32);
  }

  /** Uniform integer in [0, count). */
  integer(count: number): number {
    return Math.floor(this.uniform(0, count));
  }

  /** Normally distributed (Box and Muller 1958), mean 0, given standard deviation. */
  normal(standardDeviation = 1): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform(0, 1)));
    return standardDeviation * radius * Math.cos(this.uniform(0, 2 * Math.PI));
  }

  /** One element, each equally likely. Throws RangeError on an empty list. */
  pick<T>(items: readonly T[]): T {
    const item = items[this.integer(items.length)];
    if (item === undefined) throw new RangeError('Rng.pick needs a non-empty list');
    return item;
  }

  /** A new list in random order (Fisher and Yates). */
  shuffle<T>(items: readonly T[]): T[] {
    const shuffled = [...items];
    for (let last = shuffled.length - 1; last > 0; last -= 1) {
      const other = this.integer(last + 1);
      [shuffled[last], shuffled[other]] = [shuffled[other] as T, shuffled[last] as T];
    }
    return shuffled;
  }

  /** A generator that will give the same numbers as this one from now on. */
  copy(): Rng {
    const copy = new Rng(0);
    copy.#state.set(this.#state);
    return copy;
  }

  /** An independent generator, so that draws for one purpose do not shift those for another. */
  fork(): Rng {
    return new Rng(this.nextUint32());
  }
}
