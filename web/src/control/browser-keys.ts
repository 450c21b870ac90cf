import type { KeyEvent, KeyListener, KeySource } from '../../../src/teleop/keyboard/key-source.ts';

const SLIDER_KEY = /^(Arrow|Page|Home|End)/;

/** The keys of the page, as those of a terminal that reports releases. Keys of who writes are not among them. */
export class BrowserKeys implements KeySource {
  readonly reportsReleases = true;
  readonly isOpen = true;
  readonly #listeners = new Set<KeyListener>();
  readonly #controller = new AbortController();

  constructor() {
    const { signal } = this.#controller;
    window.addEventListener('keydown', (event) => this.#tell(event, event.repeat ? 'repeat' : 'press'), { signal });
    window.addEventListener('keyup', (event) => this.#tell(event, 'release'), { signal });
    window.addEventListener('blur', () => this.#releaseAll(), { signal });
    document.addEventListener('visibilitychange', () => this.#releaseAll(), { signal });
  }

  listen(listener: KeyListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    this.#controller.abort();
    this.#listeners.clear();
  }

  #releaseAll(): void {
    for (const listener of this.#listeners) listener.onReleaseAll?.();
  }

  #tell(event: KeyboardEvent, kind: KeyEvent['kind']): void {
    const { target, key, ctrlKey, altKey, shiftKey, metaKey } = event;
    // A release counts wherever the focus went meanwhile.
    if (keepsKey(target, key) && kind !== 'release') return;
    const pressed = { key: key.toLowerCase(), kind, ctrl: ctrlKey || metaKey, alt: altKey, shift: shiftKey };
    for (const listener of this.#listeners) listener.onKey?.(pressed);
  }
}

/** Whether a key means something to what has the focus: all do where one writes or chooses, some to a slider. */
function keepsKey(target: EventTarget | null, key: string): boolean {
  if (target instanceof HTMLInputElement) return target.type !== 'range' || SLIDER_KEY.test(key);
  return target instanceof HTMLSelectElement;
}
