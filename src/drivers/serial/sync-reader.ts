import { encodeSyncRead } from './instructions.ts';
import type { RegisterSpan, SyncReadRequest } from './instructions.ts';
import { questionOf } from './servo-bus.ts';
import type { Question, ServoBus } from './servo-bus.ts';
import type { Packet } from './servo-protocol.ts';

/** Sleeping takes about this much longer than it is told to, ns. */
const OVERSLEEP_NS = 100_000;
/** From when the answers may be there the port is looked at without a pause for so long, ns: a nap takes about as much. */
const SPIN_NS = 200_000;
/** How quickly the usual delay follows what is measured, and how quickly it falls while nobody has to wait. */
const SMOOTHING = 0.1;
const DECAY = 0.005;
/** How much longer than usual answers may take before those that are missing are asked for again: a factor, and ns. */
const DELAY_FACTOR = 1.5;
const DELAY_MARGIN_NS = 800_000;

/**
 * The same registers of all servos, again and again: one request for each cycle, answers one after the other. What is
 * missing is asked for once more within the time that is left. A servo that does not answer is asked last from then on, for those
 * asked after it wait for it in vain.
 */
export class SyncReader {
  /** What each servo answered last, in the order of `ids`: `span.length` bytes each. */
  readonly data: Uint8Array;
  /** The error byte of that answer. */
  readonly errors: Uint8Array;
  /** When it was asked for, monotonic ns: it was measured after that. -Infinity before the first. */
  readonly stampsNs: Float64Array;
  /** How long request and answers of all are on the wire, ns. */
  readonly wireNs: number;
  readonly #bus: ServoBus;
  readonly #ids: Uint8Array;
  readonly #span: RegisterSpan;
  readonly #question: Question;
  /** Places in `ids`, in the order in which they are asked. */
  readonly #order: Uint8Array;
  readonly #isPending: Uint8Array;
  /** By count: the request for so many servos, its ids to be filled in. */
  readonly #requests: readonly SyncReadRequest[];
  #pending = 0;
  #isUnderWay = false;
  #sentNs = 0;
  #askedWireNs = 0;
  #deadlineNs = 0;
  #attempt = 0;
  /** How much longer than their time on the wire answers usually take, ns; undefined before that was measured. */
  #delayNs: number | undefined;

  constructor(bus: ServoBus, ids: Uint8Array, span: RegisterSpan) {
    this.#bus = bus;
    this.#ids = ids;
    this.#span = span;
    this.#question = questionOf(span);
    this.data = new Uint8Array(ids.length * span.length);
    this.errors = new Uint8Array(ids.length);
    this.stampsNs = new Float64Array(ids.length).fill(-Infinity);
    this.#order = Uint8Array.from(ids, (_, place) => place);
    this.#isPending = new Uint8Array(ids.length);
    const requestBytes = encodeSyncRead(bus.protocol, bus.outgoing, { ...span, ids });
    this.wireNs = bus.wireNs(requestBytes + ids.length * bus.protocol.statusBytes(span.length));
    this.#requests = Array.from({ length: ids.length + 1 }, (_, count) => ({ ...span, ids: new Uint8Array(count) }));
  }

  /** A request is on its way whose answers nobody has collected. */
  get isUnderWay(): boolean {
    return this.#isUnderWay;
  }

  /** Asks all servos. What came too late for the last cycle is taken first: a slow adapter shows the past rather than nothing. */
  request(): void {
    while (this.#pending > 0) {
      const late = this.#bus.receive();
      if (late === undefined) break;
      this.#take(late);
    }
    this.#isUnderWay = true;
    this.#isPending.fill(1);
    this.#pending = this.#ids.length;
    this.#attempt = 0;
    this.#ask();
  }

  /** How long request and answers of all usually take, ns. */
  get usualNs(): number {
    return this.wireNs + (this.#delayNs ?? 0);
  }

  /**
   * Takes the answers, waiting for them and asking again until a time, monotonic ns. Returns how many servos are still
   * missing. Throws what the link throws.
   */
  collect(untilNs: number): number {
    const bus = this.#bus;
    let hasWaited = false;
    let hasRetried = false;
    // Not by the usual delay as well: who wakes late finds everything there, and would take that for usual.
    bus.sleepUntil(Math.min(untilNs, this.#sentNs + this.#askedWireNs - OVERSLEEP_NS));
    const spinUntilNs = this.#sentNs + this.#askedWireNs + SPIN_NS;
    while (this.#pending > 0) {
      const packet = bus.receive();
      if (packet !== undefined) this.#take(packet);
      else if (bus.clock.nowNs() < Math.min(this.#deadlineNs, untilNs)) {
        hasWaited = true;
        if (bus.clock.nowNs() > spinUntilNs) bus.nap(this.#deadlineNs);
      } else {
        hasRetried = true;
        if (!this.#retry(untilNs)) break;
      }
    }
    const missing = this.#pending;
    if (!hasRetried) this.#learn(hasWaited);
    this.#isUnderWay = false;
    bus.counts.missed += missing;
    return missing;
  }

  /** Answers that nobody had to wait for only say that the delay was no longer than it is taken to be. */
  #learn(hasWaited: boolean): void {
    const delayNs = Math.max(0, this.#bus.clock.nowNs() - this.#sentNs - this.#askedWireNs);
    const usualNs = this.#delayNs ?? delayNs;
    this.#delayNs = hasWaited ? usualNs + SMOOTHING * (delayNs - usualNs) : usualNs * (1 - DECAY);
  }

  #retry(untilNs: number): boolean {
    const bus = this.#bus;
    for (let found = bus.salvage(); found !== undefined; found = bus.salvage()) this.#take(found);
    if (this.#pending === 0) return true;
    bus.miss(this.#question);
    this.#demote();
    if (bus.clock.nowNs() + this.#askedWireNs > untilNs) return false;
    bus.counts.retries += 1;
    this.#attempt += 1;
    this.#ask();
    return true;
  }

  #ask(): void {
    const bus = this.#bus;
    const request = this.#requests[this.#pending] as SyncReadRequest;
    let count = 0;
    for (const place of this.#order) {
      if (this.#isPending[place] === 1) request.ids[count++] = this.#ids[place] as number;
    }
    const bytes = encodeSyncRead(bus.protocol, bus.outgoing, request);
    const all = bytes + this.#pending * bus.protocol.statusBytes(this.#span.length);
    this.#askedWireNs = bus.wireNs(all);
    bus.counts.requests += 1;
    this.#sentNs = bus.send(bytes, this.#question);
    this.#deadlineNs =
      this.#delayNs === undefined
        ? bus.deadlineNs(this.#sentNs, all, this.#attempt)
        : this.#sentNs + this.#askedWireNs + DELAY_FACTOR * this.#delayNs + DELAY_MARGIN_NS;
  }

  #take(packet: Packet): void {
    const { length } = this.#span;
    const place = this.#ids.indexOf(packet.id);
    if (place < 0 || this.#isPending[place] === 0 || packet.parameterCount !== length) return;
    for (let index = 0; index < length; index += 1) {
      this.data[place * length + index] = packet.parameters[index] as number;
    }
    this.errors[place] = packet.error;
    this.stampsNs[place] = this.#sentNs;
    this.#isPending[place] = 0;
    this.#pending -= 1;
  }

  /** The first that is missing kept the others waiting: it is asked last. */
  #demote(): void {
    const order = this.#order;
    const first = order.findIndex((place) => this.#isPending[place] === 1);
    const place = order[first] as number;
    order.copyWithin(first, first + 1);
    order[order.length - 1] = place;
  }
}
