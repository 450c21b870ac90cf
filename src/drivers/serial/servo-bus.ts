import { NS_PER_MS, NS_PER_S } from '../../core/clock.ts';
import type { Clock } from '../../core/clock.ts';
import type { ByteLink } from './byte-link.ts';
import { encodePing, encodeRead, encodeReboot, encodeSyncWrite, encodeWrite } from './instructions.ts';
import type { RegisterSpan, SyncWriteRequest, WriteRequest } from './instructions.ts';
import { PacketParser } from './packet-parser.ts';
import { LONGEST_PACKET } from './servo-protocol.ts';
import type { Packet, ServoProtocol } from './servo-protocol.ts';

export interface ServoBusOptions {
  readonly link: ByteLink;
  readonly protocol: ServoProtocol;
  /** Bits per second. */
  readonly baudRate: number;
  readonly clock: Clock;
  /** How much longer than its time on the wire an answer may take: USB and the operating system, ms. Default 5. */
  readonly patienceMs?: number;
  /** The adapter returns what is sent; see `detectEcho`. Default false. */
  readonly hasEcho?: boolean;
}

/** What a servo answered. */
export interface Reply {
  readonly error: number;
  readonly data: Uint8Array;
  /** When the answer was whole, monotonic ns. */
  readonly stampNs: number;
}

/** Since the bus was made. */
export interface BusCounts {
  /** Instructions that want an answer. */
  requests: number;
  /** Answers that did not come in time. */
  missed: number;
  /** Instructions sent again. */
  retries: number;
}

/** A byte has a start bit, eight of data and a stop bit. */
const BITS_PER_BYTE = 10;
const DEFAULT_PATIENCE_MS = 5;
/** The longest return delay of a servo, ns: 254 steps of 2 us. */
const LONGEST_RETURN_DELAY_NS = 508_000;
/** How long to sleep between two looks at the port, ns. */
const NAP_NS = 50_000;
/** Nobody has this id: asked for, it is only heard by who listens to the adapter's echo. */
const NOBODY = 0xfa;
const DEFAULT_ATTEMPTS = 3;
/** After an answer that did not come in time, another question waits so long: the answer may come yet, and none says to what. */
const QUIET_NS = 30e6;

/** What an answer could be mistaken for: those to the same question are alike. */
export type Question = number;
const PING: Question = -1;
const ACKNOWLEDGEMENT: Question = -2;

export function questionOf({ address, length }: RegisterSpan): Question {
  return address * LONGEST_PACKET + length;
}

/**
 * Instructions and answers on one half-duplex bus, one after the other. Synchronous and bounded: every transaction ends by its
 * deadline, whatever arrives. What came before a request was sent never counts as its answer, noise is passed over, and nothing waits
 * to be sent later. Throws only what its link throws, ArmatureError `E_SERIAL_LOST`.
 */
export class ServoBus {
  readonly protocol: ServoProtocol;
  readonly clock: Clock;
  readonly counts: BusCounts = { requests: 0, missed: 0, retries: 0 };
  /** Where the instruction to send is encoded. */
  readonly outgoing: Uint8Array = new Uint8Array(LONGEST_PACKET);
  readonly #link: ByteLink;
  readonly #nsPerByte: number;
  readonly #patienceNs: number;
  readonly #parser: PacketParser;
  readonly #incoming = new Uint8Array(LONGEST_PACKET);
  readonly #asleep = new Int32Array(new SharedArrayBuffer(4));
  #hasEcho: boolean;
  /** Bytes of the last instruction that have not come back as an echo yet. */
  #echoLeft = 0;
  #sent = 0;
  /** What was not answered in time, and until when the answer may come, ns. */
  #missed: Question | undefined;
  #quietNs = -Infinity;
  /** When what was sent has left the wire. */
  #lineFreeNs = -Infinity;

  constructor({ link, protocol, baudRate, clock, patienceMs, hasEcho }: ServoBusOptions) {
    this.protocol = protocol;
    this.clock = clock;
    this.#link = link;
    this.#nsPerByte = (BITS_PER_BYTE * NS_PER_S) / baudRate;
    this.#patienceNs = (patienceMs ?? DEFAULT_PATIENCE_MS) * NS_PER_MS;
    this.#parser = new PacketParser(protocol, 'status');
    this.#hasEcho = hasEcho ?? false;
  }

  get hasEcho(): boolean {
    return this.#hasEcho;
  }

  /** Bytes that were of no answer, and answers whose checksum was bad. */
  get noise(): { readonly strayBytes: number; readonly badChecks: number } {
    return this.#parser.counts;
  }

  /** How long so many bytes are on the wire, ns. */
  wireNs(bytes: number): number {
    return bytes * this.#nsPerByte;
  }

  /**
   * When to give up on an answer whose instruction and status bytes are so many in all. With each attempt the patience doubles:
   * asking again throws away what comes late, and an adapter that is always late would never be heard.
   */
  deadlineNs(sentNs: number, bytes: number, attempt = 0): number {
    return sentNs + this.wireNs(bytes) + LONGEST_RETURN_DELAY_NS + this.#patienceNs * 2 ** attempt;
  }

  /**
   * Finds out whether the adapter returns what is sent, as some half-duplex ones do: in Feetech's protocol an instruction looks like an
   * answer, so it has to be known. Asks for what nobody answers; takes some milliseconds.
   */
  detectEcho(): void {
    this.#hasEcho = false;
    const count = encodeRead(this.protocol, this.outgoing, NOBODY, { address: 0, length: 1 });
    const sentNs = this.send(count);
    const deadlineNs = this.deadlineNs(sentNs, count);
    let matched = 0;
    while (matched < count && this.clock.nowNs() < deadlineNs) {
      const arrived = this.#link.read(this.#incoming);
      if (arrived === 0) this.nap(deadlineNs);
      for (let index = 0; index < arrived && matched < count; index += 1) {
        matched = this.#incoming[index] === this.outgoing[matched] ? matched + 1 : 0;
      }
    }
    this.#hasEcho = matched === count;
    this.drain();
  }

  /**
   * Sends what stands in `outgoing`, on a line cleared of what came before. Returns when it begins to go out, monotonic ns: what was sent
   * just before may still be on the wire. Waits first where an answer to
   * another question may still come: see `miss`.
   * @param question undefined for what nobody answers
   */
  send(count: number, question?: Question): number {
    if (question !== undefined && question !== this.#missed) this.sleepUntil(this.#quietNs);
    this.drain();
    this.#link.write(this.outgoing, count);
    this.#sent = count;
    this.#echoLeft = this.#hasEcho ? count : 0;
    const beginNs = Math.max(this.clock.nowNs(), this.#lineFreeNs);
    this.#lineFreeNs = beginNs + this.wireNs(count);
    return beginNs;
  }

  /** An answer did not come in time. */
  miss(question: Question): void {
    this.#missed = question;
    this.#quietNs = this.clock.nowNs() + QUIET_NS;
  }

  /** No late answer is expected: a question can be sent at once. */
  get isQuiet(): boolean {
    return this.clock.nowNs() >= this.#quietNs;
  }

  /** Throws away what has come. */
  drain(): void {
    while (this.#link.read(this.#incoming) > 0);
    this.#parser.reset();
  }

  /** The next status packet among what has come; undefined: none is whole. Read it before asking again. */
  receive(): Packet | undefined {
    if (this.#parser.next()) return this.#parser.packet;
    const arrived = this.#link.read(this.#incoming);
    if (arrived === 0) return undefined;
    this.#parser.push(this.#incoming, this.#skipEcho(arrived), arrived);
    return this.#parser.next() ? this.#parser.packet : undefined;
  }

  /** A whole packet behind noise that looked like the beginning of a longer one; for when nothing more will come. */
  salvage(): Packet | undefined {
    return this.#parser.giveUpPending() ? this.#parser.packet : undefined;
  }

  /** Sleeps a little, at most until a time. */
  nap(untilNs: number): void {
    this.sleepUntil(Math.min(untilNs, this.clock.nowNs() + NAP_NS));
  }

  sleepUntil(untilNs: number): void {
    const leftNs = untilNs - this.clock.nowNs();
    if (leftNs > 0) Atomics.wait(this.#asleep, 0, 0, leftNs / NS_PER_MS);
  }

  /** Undefined: no answer, at any attempt. A Dynamixel answers with model number (2 bytes) and firmware. */
  ping(id: number, attempts: number = DEFAULT_ATTEMPTS): Reply | undefined {
    const dataBytes = this.protocol.name === 'dynamixel' ? 3 : 0;
    const encode = (): number => encodePing(this.protocol, this.outgoing, id);
    return this.#ask({ id, dataBytes, question: PING, encode }, attempts);
  }

  /** Undefined: no answer with so many bytes, at any attempt. */
  read(id: number, span: RegisterSpan, attempts: number = DEFAULT_ATTEMPTS): Reply | undefined {
    const encode = (): number => encodeRead(this.protocol, this.outgoing, id, span);
    return this.#ask({ id, dataBytes: span.length, question: questionOf(span), encode }, attempts);
  }

  /** Undefined: no answer, at any attempt; it may have been carried out all the same. */
  write(request: WriteRequest, attempts: number = DEFAULT_ATTEMPTS): Reply | undefined {
    const encode = (): number => encodeWrite(this.protocol, this.outgoing, request);
    return this.#ask({ id: request.id, dataBytes: 0, question: ACKNOWLEDGEMENT, encode }, attempts);
  }

  reboot(id: number): Reply | undefined {
    const encode = (): number => encodeReboot(this.protocol, this.outgoing, id);
    return this.#ask({ id, dataBytes: 0, question: ACKNOWLEDGEMENT, encode }, 1);
  }

  /** To several servos at once; nobody answers. */
  syncWrite(request: SyncWriteRequest): void {
    this.send(encodeSyncWrite(this.protocol, this.outgoing, request));
  }

  #ask(asked: Asked, attempts: number): Reply | undefined {
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      if (attempt > 0) this.counts.retries += 1;
      this.counts.requests += 1;
      const reply = this.#exchange(asked, attempt);
      if (reply !== undefined) return reply;
      this.counts.missed += 1;
      this.miss(asked.question);
    }
    return undefined;
  }

  #exchange({ id, dataBytes, question, encode }: Asked, attempt: number): Reply | undefined {
    const count = encode();
    const sentNs = this.send(count, question);
    const bytes = count + this.protocol.statusBytes(dataBytes);
    const deadlineNs = this.deadlineNs(sentNs, bytes, attempt);
    this.sleepUntil(sentNs + this.wireNs(bytes));
    for (;;) {
      let packet = this.receive();
      const isOver = this.clock.nowNs() >= deadlineNs;
      if (packet === undefined && isOver) packet = this.salvage();
      if (packet === undefined && isOver) return undefined;
      if (packet === undefined) this.nap(deadlineNs);
      else if (isAnswer(packet, id, dataBytes)) return this.#reply(packet);
    }
  }

  #reply({ error, parameters, parameterCount }: Packet): Reply {
    return { error, data: parameters.slice(0, parameterCount), stampNs: this.clock.nowNs() };
  }

  /** How many of the bytes that arrived are an echo. What differs is no echo: the adapter dropped it, or noise came before. */
  #skipEcho(arrived: number): number {
    let from = 0;
    while (this.#echoLeft > 0 && from < arrived) {
      if (this.#incoming[from] !== this.outgoing[this.#sent - this.#echoLeft]) this.#echoLeft = 0;
      else {
        this.#echoLeft -= 1;
        from += 1;
      }
    }
    return from;
  }
}

/** What is asked of one servo. */
interface Asked {
  readonly id: number;
  /** How many bytes the answer has beside its framing and error byte. */
  readonly dataBytes: number;
  readonly question: Question;
  /** Puts the instruction into `outgoing`; its bytes. */
  readonly encode: () => number;
}

/** A servo that refuses answers with an error and without data. */
function isAnswer(packet: Packet, id: number, dataBytes: number): boolean {
  return (
    packet.id === id && (packet.parameterCount === dataBytes || (packet.error !== 0 && packet.parameterCount === 0))
  );
}
