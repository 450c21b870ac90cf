import type { Topic } from './view-source.ts';

/** Tells listeners what has changed: once before the next picture of the screen, however much has changed by then. */
export class News {
  readonly #listeners = new Map<() => void, readonly Topic[] | undefined>();
  readonly #topics = new Set<Topic>();
  readonly #beforeNextPicture: (tell: () => void) => void;

  /** @param beforeNextPicture calls back once, before the screen is drawn the next time */
  constructor(beforeNextPicture: (tell: () => void) => void) {
    this.#beforeNextPicture = beforeNextPicture;
  }

  /** @param topics default: whatever has changed. Returns what ends it. */
  listen(listener: () => void, topics?: readonly Topic[]): () => void {
    this.#listeners.set(listener, topics);
    return () => this.#listeners.delete(listener);
  }

  add(topic: Topic): void {
    const isAsked = this.#topics.size > 0;
    this.#topics.add(topic);
    // A page that nobody sees is not drawn: what is asked for there would only pile up.
    if (!isAsked) this.#beforeNextPicture(() => this.#tell());
  }

  #tell(): void {
    const news = [...this.#topics];
    this.#topics.clear();
    for (const [listener, topics] of this.#listeners) {
      if (topics === undefined || news.some((topic) => topics.includes(topic))) listener();
    }
  }
}
