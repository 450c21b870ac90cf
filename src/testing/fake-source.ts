import { PushSource } from '../core/source.ts';
import type { SourceListener } from '../core/source.ts';

/** A source that counts who listens and can fail to start, like a camera that is not plugged in. */
export class FakeSource<T> extends PushSource<T> {
  /** How many of the next subscriptions fail at once. */
  failuresToCome = 0;
  #starts = 0;
  #listening = 0;

  /** Subscriptions so far, failed ones included. */
  get starts(): number {
    return this.#starts;
  }

  /** Subscriptions that have not ended. */
  get listening(): number {
    return this.#listening;
  }

  override subscribe(listener: SourceListener<T>): () => void {
    this.#starts += 1;
    this.#listening += 1;
    const end = super.subscribe(listener);
    let ended = false;
    if (this.failuresToCome > 0) {
      this.failuresToCome -= 1;
      listener.error(new Error('the source did not start'));
    }
    return () => {
      if (!ended) this.#listening -= 1;
      ended = true;
      end();
    };
  }
}
