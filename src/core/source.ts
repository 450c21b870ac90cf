/** Receives what a source measured. */
export interface SourceListener<T> {
  next(value: T): void;
  error(cause: unknown): void;
}

/**
 * Anything that delivers stamped values at its own rate: a servo bus, a camera, a simulation.
 * subscribe starts delivery and returns the function that ends it. Nothing is buffered for late subscribers.
 */
export interface StampedSource<T> {
  subscribe(listener: SourceListener<T>): () => void;
}

/** A source that is told what to deliver: simulations and tests use it. */
export class PushSource<T> implements StampedSource<T> {
  readonly #listeners = new Set<SourceListener<T>>();

  subscribe(listener: SourceListener<T>): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  push(value: T): void {
    for (const listener of this.#listeners) listener.next(value);
  }

  fail(cause: unknown): void {
    for (const listener of this.#listeners) listener.error(cause);
  }
}
