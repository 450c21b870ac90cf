import { NS_PER_S } from '../../core/clock.ts';
import { ArmatureError } from '../../core/errors.ts';
import type { OperatorDesk, OperatorToken } from '../../safety/operator.ts';

/** Who was told a code uses it soon, s. */
const VALID_S = 120;
/** Wrong codes after which the right one is worthless, too: nobody finds one of a hundred million by trying. */
const MOST_WRONG = 3;
/** Codes have eight digits. */
export const CODES = 1e8;

/**
 * Consent of the operator that somebody elsewhere may use: a code that the operator's terminal shows. It stands for a
 * token of the desk, and is good as long as that is: once, until the next consent or a stop that latches.
 */
export class RemoteConsent {
  readonly #desk: OperatorDesk;
  #code = NaN;
  #serial = -1;
  #untilNs = -Infinity;
  #wrong = 0;

  constructor(desk: OperatorDesk) {
    this.#desk = desk;
  }

  /** @param code a random whole number below CODES. */
  give(code: number, nowNs: number): void {
    this.#code = code;
    this.#serial = this.#desk.issue().serial;
    this.#untilNs = nowNs + VALID_S * NS_PER_S;
    this.#wrong = 0;
  }

  /** The token a code stands for. Throws ArmatureError E_OPERATOR_TOKEN. */
  redeem(code: number, nowNs: number): OperatorToken {
    const isRight = code === this.#code && nowNs <= this.#untilNs && this.#wrong < MOST_WRONG;
    if (!isRight) {
      this.#wrong += 1;
      throw wrongCode();
    }
    this.#code = NaN;
    return this.#desk.redeem(this.#serial);
  }
}

function wrongCode(): ArmatureError {
  return new ArmatureError('E_OPERATOR_TOKEN', 'this is no consent of the operator', {
    expected: `the code that the operator's terminal shows, used once, within ${VALID_S} s`,
    remedy: 'Let the operator look at the arm and give a new code.',
  });
}
