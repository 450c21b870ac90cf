import { canonicalType } from './message-definitions.ts';
import type { Encoding, RosMessage } from './message-codec.ts';
import { MessageRefused } from './message-codec.ts';
import type { OutgoingFrame } from './link-faults.ts';
import type { RosGraph } from './ros-graph.ts';
import { parseOp } from './rosbridge-ops.ts';
import type { Op } from './rosbridge-ops.ts';
import { SessionActions } from './session-actions.ts';
import { ThrottledSubscription } from './subscription.ts';
import { messageOf } from '../../core/errors.ts';

export interface SessionOptions {
  readonly graph: RosGraph;
  readonly nowNs: () => number;
  readonly send: (frame: OutgoingFrame) => void;
  /** What the server writes into its log and nobody is told. */
  readonly log: (line: string) => void;
}

const ENCODINGS: Readonly<Record<string, Encoding>> = { none: 'json', cbor: 'cbor' };

/** One client of a rosbridge server: what it subscribed to, advertised, called and offered. */
export class RosbridgeSession {
  readonly #options: SessionOptions;
  readonly #actions: SessionActions;
  /** Ends of subscriptions by topic, then by id of the subscription. */
  readonly #subscriptions = new Map<string, Map<string, () => void>>();
  /** Ends of what it advertised, by topic. */
  readonly #advertised = new Map<string, () => void>();
  readonly #services = new Set<string>();
  readonly #calls = new Map<
    string,
    { resolve: (values: RosMessage) => void; reject: (cause: Error) => void; type: string }
  >();
  #callCount = 0;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#actions = new SessionActions(options, (type, kind) => this.#typeOf(type, kind));
  }

  /** Takes a text frame of the client. Never throws: what is wrong with it goes to the log, as the true server does it. */
  receive(text: string): void {
    const { graph, log } = this.#options;
    const op = parseOp(graph.codec.version, text);
    if (typeof op === 'string') return log(op);
    try {
      this.#perform(op);
    } catch (error) {
      if (!(error instanceof MessageRefused)) throw error;
      log(`${op.op}: ${error.message}`);
    }
  }

  /** The connection is gone: so is all this client subscribed to, advertised and offered. */
  close(): void {
    for (const [topic] of this.#subscriptions) this.#unsubscribe(topic, undefined);
    for (const [topic] of this.#advertised) this.#unadvertise(topic);
    for (const service of this.#services) this.#options.graph.services.delete(service);
    for (const { reject } of this.#calls.values()) reject(new Error('the client that offers the service is gone'));
    this.#calls.clear();
    this.#actions.close();
  }

  #perform(op: Exclude<ReturnType<typeof parseOp>, string>): void {
    const { graph } = this.#options;
    switch (op.op) {
      case 'advertise':
        return this.#advertise(op.topic, this.#typeOf(op.type, 'message'));
      case 'publish':
        return graph.publish(op.topic, graph.codec.decode(graph.typeOf(op.topic), op.msg));
      case 'subscribe':
        return this.#subscribe(op);
      case 'unsubscribe':
        return this.#unsubscribe(op.topic, op.id);
      case 'call_service':
        return void this.#callService(op);
      case 'advertise_service':
        return this.#advertiseService(op);
      case 'unadvertise_service':
        if (this.#services.delete(op.service)) graph.services.delete(op.service);
        return;
      case 'service_response':
        return this.#respond(op);
      case 'unadvertise':
        return this.#unadvertise(op.topic);
      default:
        return this.#actions.perform(op);
    }
  }

  #advertise(topic: string, type: string): void {
    const end = this.#options.graph.advertise(topic, type);
    // Said twice it counts once: a topic has one publisher for each client.
    if (this.#advertised.has(topic)) end();
    else this.#advertised.set(topic, end);
  }

  #unadvertise(topic: string): void {
    this.#advertised.get(topic)?.();
    this.#advertised.delete(topic);
  }

  #subscribe(op: Op<'subscribe'>): void {
    const { graph, nowNs, send, log } = this.#options;
    const encoding = ENCODINGS[op.compression];
    if (encoding === undefined) throw new MessageRefused(`compression ${op.compression} is not emulated`);
    const type = op.type === undefined ? graph.typeOf(op.topic) : this.#typeOf(op.type, 'message');
    const deliver = (message: RosMessage): void => {
      try {
        const msg = graph.codec.encode(type, message, encoding);
        send({ encoding, body: { op: 'publish', topic: op.topic, msg }, messageType: type });
      } catch (error) {
        if (!(error instanceof MessageRefused)) throw error;
        log(`subscribe: ${error.message}`);
      }
    };
    const { throttle_rate: throttleMs, queue_length: queueLength } = op;
    const throttled = new ThrottledSubscription({ throttleMs, queueLength, nowNs, send: deliver });
    const byId = this.#subscriptions.get(op.topic) ?? new Map<string, () => void>();
    this.#subscriptions.set(op.topic, byId);
    const key = op.id ?? '';
    byId.get(key)?.();
    const stop = graph.subscribe(op.topic, type, (message) => throttled.push(message));
    byId.set(key, () => {
      stop();
      throttled.close();
    });
  }

  /** @param id undefined: every subscription to the topic */
  #unsubscribe(topic: string, id: string | undefined): void {
    const byId = this.#subscriptions.get(topic);
    for (const [key, stop] of byId ?? []) {
      if (id !== undefined && id !== key) continue;
      stop();
      byId?.delete(key);
    }
    if (byId?.size === 0) this.#subscriptions.delete(topic);
  }

  async #callService(op: Op<'call_service'>): Promise<void> {
    const { graph } = this.#options;
    const respond = (result: boolean, values: unknown): void => this.#answer(op, result, values);
    const service = graph.services.get(op.service);
    if (service === undefined) return respond(false, `Service ${op.service} does not exist`);
    try {
      const request = graph.codec.decode(`${service.type}Request`, op.args ?? {});
      const response = await service.call(request);
      respond(true, graph.codec.encode(`${service.type}Response`, response, 'json'));
    } catch (error) {
      respond(false, messageOf(error));
    }
  }

  #answer({ id, service }: Op<'call_service'>, result: boolean, values: unknown): void {
    const body = { op: 'service_response', service, values, result, ...(id === undefined ? {} : { id }) };
    this.#options.send({ encoding: 'json', body, messageType: undefined });
  }

  #advertiseService({ service, type }: Op<'advertise_service'>): void {
    const { graph, send } = this.#options;
    const canonical = this.#typeOf(type, 'service');
    this.#services.add(service);
    graph.services.set(service, {
      type: canonical,
      call: (request) =>
        new Promise((resolve, reject) => {
          this.#callCount += 1;
          const id = `service_request:${service}:${this.#callCount}`;
          this.#calls.set(id, { resolve, reject, type: canonical });
          const args = graph.codec.encode(`${canonical}Request`, request, 'json');
          send({ encoding: 'json', body: { op: 'call_service', id, service, args }, messageType: undefined });
        }),
    });
  }

  #respond({ id = '', values, result }: Op<'service_response'>): void {
    const call = this.#calls.get(id);
    if (call === undefined) throw new MessageRefused(`nobody waits for the service response ${id}`);
    this.#calls.delete(id);
    if (!result) return call.reject(new Error(typeof values === 'string' ? values : 'the service failed'));
    call.resolve(this.#options.graph.codec.decode(`${call.type}Response`, values));
  }

  #typeOf(type: string, kind: 'message' | 'service' | 'action'): string {
    const canonical = canonicalType(this.#options.graph.codec.version, type);
    if (canonical === undefined) throw new MessageRefused(`${type} is not a valid type string of a ${kind}`);
    return canonical;
  }
}
