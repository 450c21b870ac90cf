import { ArmatureError } from '../../core/errors.ts';

/** Whether the next episode of a person's session begins by itself, or waits for that person. */
export class EpisodeTurn {
  readonly #asksFirst: boolean;
  /** Whether a page may begin an episode. A real arm is begun with at the terminal alone. */
  readonly isForPages: boolean;
  /** An episode goes on. */
  isUnderWay = false;
  #isHeld = false;
  #isLatched = false;
  #settle: ((begins: boolean) => void) | undefined;

  /** @param options.asksFirst every episode waits, not only one after a stop */
  constructor({ asksFirst, isForPages }: { readonly asksFirst: boolean; readonly isForPages: boolean }) {
    this.#asksFirst = asksFirst;
    this.isForPages = isForPages;
  }

  get isWaiting(): boolean {
    return this.#settle !== undefined;
  }

  /** A stop that latched has to be reset before anything begins. */
  get isLatched(): boolean {
    return this.#isLatched;
  }

  /** Somebody stopped the arm: what comes next does not begin by itself. */
  hold(): void {
    this.#isHeld = true;
  }

  latch(): void {
    this.#isLatched = true;
  }

  reset(): void {
    this.#isHeld ||= this.#isLatched;
    this.#isLatched = false;
  }

  /** True as soon as the next episode may begin; false once the session ends. */
  until(signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return Promise.resolve(false);
    if (!this.#asksFirst && !this.#isHeld && !this.#isLatched) return Promise.resolve(true);
    return new Promise((resolve) => {
      const leave = (): void => this.#settle?.(false);
      signal.addEventListener('abort', leave, { once: true });
      this.#settle = (begins) => {
        this.#settle = undefined;
        this.#isHeld = false;
        signal.removeEventListener('abort', leave);
        resolve(begins);
      };
    });
  }

  /** Throws E_DASHBOARD_EPISODE while an episode goes on, or a stop is latched. */
  begin(): void {
    if (this.#settle === undefined) throw notNow('an episode is going on', 'End it first.');
    if (this.#isLatched)
      throw notNow('a stop of the gate is latched', 'Look at what made it stop, and reset it first.');
    this.#settle(true);
  }

  /** The person at the terminal has said so in another way. */
  skip(): void {
    this.#isHeld = false;
  }

  /** No further episode begins. */
  leave(): void {
    this.#settle?.(false);
  }
}

function notNow(problem: string, remedy: string): ArmatureError {
  return new ArmatureError('E_DASHBOARD_EPISODE', problem, { remedy });
}
