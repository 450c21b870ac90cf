import type { Rng } from '../../src/core/rng.ts';

/** A place in the unit square. */
export interface Place {
  readonly x: number;
  readonly y: number;
}

/** Cities in the order they are visited; the tour ends where it began. */
export type Tour = readonly number[];

export function drawPlaces(rng: Rng, cities: number): Place[] {
  return Array.from({ length: cities }, () => ({ x: rng.uniform(0, 1), y: rng.uniform(0, 1) }));
}

export function distance(places: readonly Place[], from: number, to: number): number {
  const [a, b] = [places[from], places[to]];
  return a === undefined || b === undefined ? Number.NaN : Math.hypot(a.x - b.x, a.y - b.y);
}

export function tourLength(places: readonly Place[], tour: Tour): number {
  return tour.reduce((sum, city, index) => sum + distance(places, city, tour[(index + 1) % tour.length] ?? 0), 0);
}

/** The tour from city 0 that always goes to the nearest city left. */
export function nearestNeighbour(places: readonly Place[]): number[] {
  const tour = [0];
  const left = new Set(places.keys());
  left.delete(0);
  while (left.size > 0) {
    const here = tour.at(-1) ?? 0;
    const next = [...left].reduce((best, city) =>
      distance(places, here, city) < distance(places, here, best) ? city : best,
    );
    tour.push(next);
    left.delete(next);
  }
  return tour;
}

/** Turns the stretch of a tour around whose turning shortens it most, until none does. */
export function twoOpt(places: readonly Place[], tour: Tour): number[] {
  let current = [...tour];
  for (;;) {
    const turn = bestTurn(places, current);
    if (turn === undefined) return current;
    const { first, last } = turn;
    current = [...current.slice(0, first), ...current.slice(first, last + 1).toReversed(), ...current.slice(last + 1)];
  }
}

function bestTurn(places: readonly Place[], tour: Tour): { first: number; last: number } | undefined {
  const at = (index: number): number => tour[index % tour.length] ?? 0;
  let best: { first: number; last: number } | undefined;
  let most = 1e-9;
  for (let first = 1; first < tour.length; first += 1) {
    for (let last = first + 1; last < tour.length; last += 1) {
      const before = distance(places, at(first - 1), at(first)) + distance(places, at(last), at(last + 1));
      const after = distance(places, at(first - 1), at(last)) + distance(places, at(first), at(last + 1));
      if (before - after > most) {
        most = before - after;
        best = { first, last };
      }
    }
  }
  return best;
}
