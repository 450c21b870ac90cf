import { NS_PER_MS } from '../../core/clock.ts';
import type { Clock } from '../../core/clock.ts';
import { ArmatureError } from '../../core/errors.ts';
import type { ControlReport, ControlRequest, SessionAction } from '../../serve/control-messages.ts';
import type { ControlDesk } from '../../serve/dashboard-server.ts';
import type { PageJog } from '../../teleop/page/page-jog.ts';
import type { PersonStatus } from '../person.ts';

/** What a person does with one episode after another, as the page shows and asks for it. */
export interface SessionDesk {
  report(): NonNullable<ControlReport['session']>;
  /** What was done, in words. Throws ArmatureError for what cannot be done now. */
  carryOut(action: SessionAction): string;
}

export interface PageControlOptions {
  readonly clock: Clock;
  /** Undefined where no page moves the arm. */
  readonly jog?: PageJog | undefined;
  /** How the person stands who works the arm. */
  readonly person?: (() => PersonStatus | undefined) | undefined;
  readonly session?: SessionDesk | undefined;
  /** The last episode ended in a stop that nobody has reset yet. */
  readonly isLatched: () => boolean;
  /** Leaves a latched stop, and says so; undefined while that is not for a page. */
  readonly reset: () => (() => string) | undefined;
}

/** What the operator's page may do besides looking, stopping and giving words. One page at a time moves the arm. */
export class PageControl implements ControlDesk {
  readonly #options: PageControlOptions;

  constructor(options: PageControlOptions) {
    this.#options = options;
  }

  carryOut(request: ControlRequest, page: number): string {
    switch (request.kind) {
      case 'take-control':
        return this.#handTo(page);
      case 'leave-control':
        this.leave(page);
        return 'The control is free.';
      case 'jog': {
        const { axes, isDeadManHeld, seenMs } = request;
        const { jog } = this.#options;
        // What is still on its way from a page that has lost the control is nobody's fault.
        if (jog?.holder === page) jog.push({ axes, isDeadManHeld, seenNs: seenMs * NS_PER_MS });
        return '';
      }
      case 'set':
        this.#jogOf(page).press(request.action);
        return '';
      case 'session':
        if (this.#options.session === undefined) throw noSession();
        return this.#options.session.carryOut(request.action);
      case 'reset': {
        const reset = this.#options.reset();
        if (reset === undefined) throw notFromHere();
        return reset();
      }
    }
  }

  leave(page: number): void {
    if (this.#options.jog?.holder === page) this.#options.jog.hand(undefined);
  }

  report(): ControlReport {
    const { clock, jog, session, isLatched, reset } = this.#options;
    return {
      kind: 'control',
      beatMs: jog === undefined ? 0 : clock.nowNs() / NS_PER_MS,
      holder: jog?.holder ?? null,
      jog: this.#jogReport(),
      session: session?.report() ?? null,
      isLatched: isLatched(),
      canReset: reset() !== undefined,
    };
  }

  #jogReport(): ControlReport['jog'] {
    if (this.#options.jog === undefined) return null;
    const status = this.#options.person?.();
    if (status?.jog === undefined) return null;
    const { setting, problem = '', isEngaged, hasPolicy, jog } = status;
    return { setting, problem, isEngaged, hasPolicy, ...jog, modes: [...jog.modes] };
  }

  #handTo(page: number): string {
    const { jog } = this.#options;
    if (jog === undefined) throw noJog();
    if (jog.holder !== undefined && jog.holder !== page && jog.isHeld) throw isMoving();
    if (jog.holder !== page) jog.hand(page);
    return 'You have the control: the arm moves while you hold a button, a key or the trigger.';
  }

  #jogOf(page: number): PageJog {
    const { jog } = this.#options;
    if (jog === undefined) throw noJog();
    if (jog.holder !== page) throw notHolder();
    return jog;
  }
}

function noJog(): ArmatureError {
  return new ArmatureError('E_DASHBOARD_CONTROL', 'no page moves this arm', {
    remedy: 'Start armature teleop or armature record with --teleop page.',
  });
}

function notHolder(): ArmatureError {
  return new ArmatureError('E_DASHBOARD_CONTROL', 'another page has the control', {
    remedy: 'Take the control first.',
  });
}

function isMoving(): ArmatureError {
  return new ArmatureError('E_DASHBOARD_CONTROL', 'somebody moves the arm from another page right now', {
    remedy: 'Wait until it is let go, or stop the arm.',
  });
}

function noSession(): ArmatureError {
  return new ArmatureError('E_DASHBOARD_CONTROL', 'nobody records or drives here', {
    remedy: 'Start armature record or armature teleop with --dashboard.',
  });
}

function notFromHere(): ArmatureError {
  return new ArmatureError('E_DASHBOARD_CONTROL', 'a stop of this arm is not reset from the page', {
    expected: 'a simulated arm, and an episode that has begun',
    remedy: 'Look at the arm, and start again at the terminal.',
  });
}
