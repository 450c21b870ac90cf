import { ArmatureError } from '../core/errors.ts';

declare const issued: unique symbol;

/**
 * Shows that an operator asked for one thing, once. The brand is not exported and an OperatorDesk knows the
 * objects it gave out, so neither a type nor a copy of the contents can stand for one.
 */
export interface OperatorToken {
  readonly [issued]: true;
  /** Names the token where it travels as a message. */
  readonly serial: number;
}

/**
 * Where an operator's consent becomes a token. Whoever holds the desk is the operator: it is handed to
 * what a person works (the command line, a panel), never to an agent, a teleoperator or a remote client.
 *
 * One token is good at a time, for one use: issuing another voids it, and so does every latched stop, so
 * that consent given before a stop does not undo it.
 */
export class OperatorDesk {
  #serial = 0;
  #good: OperatorToken | undefined;

  /** A fresh token; the one before becomes worthless. */
  issue(): OperatorToken {
    this.#serial += 1;
    this.#good = Object.freeze({ serial: this.#serial }) as unknown as OperatorToken;
    return this.#good;
  }

  /** The good token of this serial, for consent that came as a message. Throws ArmatureError E_OPERATOR_TOKEN. */
  redeem(serial: number): OperatorToken {
    if (this.#good !== undefined && this.#good.serial === serial) return this.#good;
    throw staleToken(serial);
  }

  /** Uses a token up. Throws ArmatureError E_OPERATOR_TOKEN unless it is the fresh one of this desk. */
  spend(token: OperatorToken): void {
    // Identity, not contents. A token comes from typed code, but consent is not left to types alone.
    if (token === undefined || token !== this.#good) throw staleToken((token as OperatorToken | undefined)?.serial);
    this.#good = undefined;
  }

  /** Makes what was issued worthless. */
  void(): void {
    this.#good = undefined;
  }
}

function staleToken(serial: number | undefined): ArmatureError {
  return new ArmatureError('E_OPERATOR_TOKEN', 'this needs the fresh consent of an operator', {
    expected: 'the token issued last, not already used, issued after the last stop that latched',
    found: serial === undefined ? 'no token' : `token ${serial}`,
    remedy: 'Let the operator look at the arm and ask again.',
  });
}
