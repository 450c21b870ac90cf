import type { Clock } from '../../core/clock.ts';
import type { BusCommand } from './bus-command.ts';
import { controlBus } from './bus-control.ts';
import { linkDevice, unlinkDevice } from './pseudo-terminal.ts';
import type { PseudoTerminal } from './pseudo-terminal.ts';
import type { ServoBus } from './servo-bus.ts';

/** Between two looks at the arm while nobody talks to it, ms. */
const IDLE_MS = 4;
/** The last stretch before an answer is due is spun: the system wakes a sleeping thread up to 0.1 ms late. */
const SPIN_NS = 120_000;
/** How long the servos have been on before anybody can talk to them: the arm has settled, and this program is warm. */
const POWERED_NS = 500e6;
/** Answers whose lateness is remembered. */
const REMEMBERED = 4096;
/** Answers due later than this are not waited for in one go, so that commands are heard. */
const LONGEST_WAIT_NS = 5e6;

export interface BusLoopOptions {
  readonly bus: ServoBus;
  readonly clock: Clock;
  readonly openTerminal: () => PseudoTerminal;
  /** Path of a link to the terminal. */
  readonly link: string | undefined;
}

/** A bus at a pseudo-terminal in real time: what comes is heard at once, answers go out when they would be on the wire. */
export class BusLoop {
  readonly #options: BusLoopOptions;
  readonly #out = new Uint8Array(4096);
  readonly #asleep = new Int32Array(new SharedArrayBuffer(4));
  readonly #timer: NodeJS.Timeout;
  readonly #latenessNs = new Float64Array(REMEMBERED);
  #answers = 0;
  #terminal: PseudoTerminal | undefined;

  /** Throws ArmatureError E_PSEUDO_TERMINAL. */
  constructor(options: BusLoopOptions) {
    this.#options = options;
    const nowNs = options.clock.nowNs();
    options.bus.arm.advanceTo(nowNs - POWERED_NS);
    options.bus.arm.advanceTo(nowNs);
    this.#plug();
    // The arm moves while nobody asks, and an answer that was too far off is looked after.
    this.#timer = setInterval(() => {
      options.bus.arm.advanceTo(options.clock.nowNs());
      this.#answer();
    }, IDLE_MS);
  }

  /** Of the device that is the port now; undefined while the cable is cut. */
  get device(): string | undefined {
    return this.#terminal?.path;
  }

  /** How late the last answers left, ns, ascending: what the emulator adds to the time of the wire. */
  latenessNs(): Float64Array {
    return this.#latenessNs.slice(0, this.#answers).toSorted();
  }

  control(command: BusCommand): void {
    const { bus, clock } = this.#options;
    bus.arm.advanceTo(clock.nowNs());
    controlBus(bus, { cut: () => this.#cut(), plug: () => this.#plug() }, command);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#cut();
  }

  #plug(): void {
    if (this.#terminal !== undefined) return;
    const terminal = this.#options.openTerminal();
    terminal.onData((bytes) => this.#hear(bytes));
    this.#terminal = terminal;
    if (this.#options.link !== undefined) linkDevice(this.#options.link, terminal.path);
  }

  #cut(): void {
    if (this.#options.link !== undefined) unlinkDevice(this.#options.link);
    this.#terminal?.close();
    this.#terminal = undefined;
  }

  #hear(bytes: Buffer): void {
    const { bus, clock } = this.#options;
    bus.receive(bytes, bytes.length, clock.nowNs());
    this.#answer();
  }

  #answer(): void {
    const { bus, clock } = this.#options;
    for (;;) {
      const dueNs = bus.nextDueNs;
      if (dueNs - clock.nowNs() > LONGEST_WAIT_NS) return;
      this.#waitUntil(dueNs);
      const nowNs = clock.nowNs();
      const count = bus.takeDue(nowNs, this.#out);
      if (count === 0) continue;
      this.#terminal?.write(this.#out, count);
      this.#latenessNs[this.#answers++ % REMEMBERED] = nowNs - dueNs;
    }
  }

  #waitUntil(dueNs: number): void {
    const { clock } = this.#options;
    const sleepNs = dueNs - clock.nowNs() - SPIN_NS;
    if (sleepNs > 0) Atomics.wait(this.#asleep, 0, 0, sleepNs / 1e6);
    while (clock.nowNs() < dueNs);
  }
}
