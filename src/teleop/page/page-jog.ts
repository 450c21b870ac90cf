import type { Clock } from '../../core/clock.ts';
import type { JogAction, JogDevice, JogDeviceListener, JogReading } from '../jog/jog-device.ts';
import { PageHand } from './page-hand.ts';
import type { PagePush } from './page-hand.ts';

/**
 * A page in a browser as a jogging device. One page at a time has the control: whoever serves the page says which, and hands on
 * what it says. Without one the device is there and let go, so that a page may come at any time.
 */
export class PageJog implements JogDevice {
  readonly name = 'page';
  readonly #clock: Clock;
  readonly #hand = new PageHand();
  readonly #listeners = new Set<JogDeviceListener>();
  #holder: number | undefined;

  /** @param clock the one that `read` is asked by */
  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Number of the page that has the control; undefined: none. */
  get holder(): number | undefined {
    return this.#holder;
  }

  get problem(): string | undefined {
    if (this.#holder === undefined) return 'take the control on the page';
    return this.#hand.isPressedInVain ? 'the connection faltered: let go, and hold again' : undefined;
  }

  /** Whether the page that has the control moves the arm now. */
  get isHeld(): boolean {
    return this.read(this.#clock.nowNs()).isDeadManHeld;
  }

  read(nowNs: number): JogReading {
    return this.#hand.read(nowNs);
  }

  listen(listener: JogDeviceListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): Promise<void> {
    this.hand(undefined);
    this.#listeners.clear();
    return Promise.resolve();
  }

  /** Gives the control to a page, or to none. Whatever was pushed is let go. */
  hand(page: number | undefined): void {
    this.#holder = page;
    this.#hand.letGo();
  }

  /** What the page that has the control says of its hand. */
  push(push: PagePush): void {
    this.#hand.take(push, this.#clock.nowNs());
    for (const listener of this.#listeners) listener.onChange?.();
  }

  /** What a press there sets. */
  press(action: JogAction): void {
    for (const listener of this.#listeners) listener.onAction?.(action);
  }
}
