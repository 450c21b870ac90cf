import type { OperatorDesk } from './operator.ts';
import { BOOT_STATE, isLatched, isListed, transition } from './safety-state.ts';
import type { SafetyEvent, SafetyState } from './safety-state.ts';

/** Told of every event that the table does not list in the present state. */
export type RefusedEventListener = (event: SafetyEvent, state: SafetyState) => void;

/** The state of one arm. It changes by the table of safety-state.ts and by nothing else. */
export class SafetyStateMachine {
  readonly #desk: OperatorDesk;
  readonly #onRefused: RefusedEventListener | undefined;
  #state: SafetyState = BOOT_STATE;

  constructor(desk: OperatorDesk, onRefused?: RefusedEventListener) {
    this.#desk = desk;
    this.#onRefused = onRefused;
  }

  get state(): SafetyState {
    return this.#state;
  }

  /**
   * True when the table lists the event here; otherwise nothing changes and the listener is told.
   * Throws ArmatureError E_OPERATOR_TOKEN, and changes nothing, for an operator's event without a fresh token.
   */
  apply(event: SafetyEvent): boolean {
    if (!isListed(this.#state, event)) {
      this.#onRefused?.(event, this.#state);
      return false;
    }
    if (event.type === 'arm' || event.type === 'reset' || event.type === 'restore') this.#desk.spend(event.operator);
    const next = transition(this.#state, event);
    // Consent given before a stop that latches does not undo it.
    if (isLatched(next) && next.name !== this.#state.name) this.#desk.void();
    this.#state = next;
    return true;
  }

  /** Takes on a state of a recording. Only for a machine whose arm is one that was recorded. */
  restore(state: SafetyState): void {
    this.#state = state;
  }
}
