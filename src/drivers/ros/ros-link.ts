import { Action, Ros, Service, Topic } from 'roslib';
import type { Clock } from '../../core/clock.ts';
import { toMessageType } from './message-types.ts';
import type { RosType, RosVersion } from './message-types.ts';
import { Backoff } from './backoff.ts';
import { bridgeUnreachable, linkDown, serviceFailed } from './ros-errors.ts';
import { RosTransport } from './ros-transport.ts';
import { messageOf } from '../../core/errors.ts';

/** A service without an answer within this has none, ms. */
const SERVICE_TIMEOUT_MS = 5000;

export interface RosLinkOptions {
  readonly url: string;
  readonly rosVersion: RosVersion;
  readonly clock: Clock;
  /** In [0, 1): spreads the attempts to connect again. */
  readonly random: () => number;
}

export interface SubscribeOptions {
  readonly topic: string;
  readonly type: RosType;
  /** cbor for images; ROS 1 bridges cannot send messages with lists of texts by it, such as joint states. */
  readonly compression?: 'none' | 'cbor';
  /** The bridge leaves out what comes sooner after the last one, ms. */
  readonly throttleMs?: number;
  /** What the bridge keeps of a subscriber that is slow; default 1: the newest. 0 keeps all. */
  readonly queueLength?: number;
}

type Subscription = SubscribeOptions & { readonly onMessage: (message: unknown, arrivedNs: number) => void };
type Served = { readonly service: string; readonly type: RosType; readonly answer: ServiceAnswer };
export type ServiceAnswer = (request: unknown) => Promise<unknown>;

export interface LinkListener {
  onUp?(): void;
  onDown?(): void;
}

/** A goal that was sent. */
export interface ActionGoal {
  /** Resolves with what the action gave in the end. Rejects with E_ROS_SERVICE. */
  readonly result: Promise<unknown>;
  cancel(): void;
}

/**
 * The link to a rosbridge server. Subscriptions, publishers and services are declared once and made anew on every
 * connection; a lost connection is replaced by a fresh one, never continued. Nothing is queued: what is published
 * while the link is down is gone, and counted.
 */
export class RosLink {
  readonly url: string;
  readonly rosVersion: RosVersion;
  readonly #options: RosLinkOptions;
  readonly #backoff: Backoff;
  readonly #listeners = new Set<LinkListener>();
  /** With those of the present connection. */
  readonly #subscriptions = new Map<Subscription, Topic | undefined>();
  readonly #publishers = new Map<string, { readonly type: RosType; readonly isLatched: boolean }>();
  readonly #served: Served[] = [];
  /** Ends what waits for an answer over this connection. */
  readonly #waiting = new Set<() => void>();
  #topics = new Map<string, Topic>();
  #ros: Ros | undefined;
  #transport: RosTransport | undefined;
  #generation = 0;
  #isUp = false;
  #isClosed = false;
  #retry: NodeJS.Timeout | undefined;
  #dropped = 0;
  #lastProblem = 'nothing yet';

  constructor(options: RosLinkOptions) {
    this.#options = options;
    this.url = options.url;
    this.rosVersion = options.rosVersion;
    this.#backoff = new Backoff(options.random);
  }

  /** Number of the present connection, from 1 on; 0 while there is none. */
  get generation(): number {
    return this.#isUp ? this.#generation : 0;
  }

  /** Connections so far. */
  get connections(): number {
    return this.#generation;
  }

  /** Messages that were not sent: the link was down, the peer silent, or too much waited to be sent. */
  get dropped(): number {
    return this.#dropped;
  }

  /** What went wrong last with the connection, in words. */
  get lastProblem(): string {
    return this.#lastProblem;
  }

  listen(listener: LinkListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Resolves once connected. Throws E_ROS_UNREACHABLE when the first attempt fails; later ones repeat by themselves. */
  async connect(): Promise<void> {
    if (await this.#attempt()) return;
    this.close();
    throw bridgeUnreachable(this.url, this.#lastProblem);
  }

  /** Ends the connection; a fresh one takes its place. */
  renew(): void {
    this.#transport?.close();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#retry);
    this.#transport?.finish();
  }

  /** Delivers messages of a topic, on this and every later connection, until the function returned is called. */
  subscribe(options: SubscribeOptions, onMessage: Subscription['onMessage']): () => void {
    const subscription: Subscription = { ...options, onMessage };
    this.#subscriptions.set(subscription, this.#isUp ? this.#makeSubscription(subscription) : undefined);
    return () => {
      const topic = this.#subscriptions.get(subscription);
      this.#subscriptions.delete(subscription);
      if (this.#isUp) topic?.unsubscribe();
    };
  }

  /** Says what will be published, so that subscribers are there when it is. @param isLatched kept for late subscribers. */
  advertise(topic: string, type: RosType, isLatched = false): void {
    this.#publishers.set(topic, { type, isLatched });
    if (this.#isUp) this.#publisher(topic);
  }

  /** False where it was dropped. The topic must have been advertised. */
  publish(topic: string, message: unknown): boolean {
    const publisher = this.#isUp ? this.#publisher(topic) : undefined;
    if (publisher === undefined) {
      this.#dropped += 1;
      return false;
    }
    publisher.publish(message);
    return true;
  }

  /** Publishes what moves an arm: only where it arrives at once. False where it was dropped. */
  publishCommand(topic: string, message: unknown): boolean {
    if (this.mayCommand) return this.publish(topic, message);
    this.#dropped += 1;
    return false;
  }

  /** Whether a command sent now would arrive now. */
  get mayCommand(): boolean {
    return this.#isUp && this.#transport?.mayCommand === true;
  }

  /** Calls a service. Throws E_ROS_LINK, E_ROS_SERVICE. */
  async call(service: string, type: RosType, request: unknown, timeoutMs = SERVICE_TIMEOUT_MS): Promise<unknown> {
    const ros = this.#connected(`call ${service}`);
    const client = new Service({ ros, name: service, serviceType: toMessageType(this.rosVersion, type) });
    return await this.#answer(service, timeoutMs, (done, failed) => client.callService(request, done, failed));
  }

  /** Offers a service, on this and every later connection. What `answer` throws fails the call. */
  serve(service: string, type: RosType, answer: ServiceAnswer): void {
    const served: Served = { service, type, answer };
    this.#served.push(served);
    if (this.#isUp) this.#makeService(served);
  }

  /** Sends a goal to an action of ROS 2. Throws E_ROS_LINK. */
  sendGoal(action: string, type: RosType, goal: unknown, timeoutMs: number): ActionGoal {
    const ros = this.#connected(`send a goal to ${action}`);
    const client = new Action({ ros, name: action, actionType: toMessageType(this.rosVersion, type) });
    let id: string | undefined;
    const result = this.#answer(action, timeoutMs, (done, failed) => {
      id = client.sendGoal(goal, done, undefined, failed);
    });
    return {
      result,
      cancel: () => {
        if (id !== undefined && this.#ros === ros && this.#isUp) client.cancelGoal(id);
      },
    };
  }

  #answer(
    name: string,
    timeoutMs: number,
    ask: (done: (response: unknown) => void, failed: (error: string) => void) => void,
  ): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const settle = (finish: () => void): void => {
        clearTimeout(timer);
        this.#waiting.delete(lost);
        finish();
      };
      const lost = (): void => settle(() => reject(linkDown(this.url, `hear from ${name}`)));
      const timer = setTimeout(
        () => settle(() => reject(serviceFailed(name, `no answer within ${timeoutMs} ms`))),
        timeoutMs,
      );
      this.#waiting.add(lost);
      ask(
        (response) => settle(() => resolve(response)),
        (error) => settle(() => reject(serviceFailed(name, String(error)))),
      );
    });
  }

  #connected(operation: string): Ros {
    if (this.#ros !== undefined && this.#isUp) return this.#ros;
    throw linkDown(this.url, operation);
  }

  /** False where it came to nothing. A connection that is lost later is replaced. */
  #attempt(): Promise<boolean> {
    return new Promise((resolve) => {
      const ros = new Ros({ transportFactory: (url) => Promise.resolve(this.#makeTransport(url)) });
      ros.on('connection', () => {
        this.#up(ros);
        resolve(true);
      });
      ros.on('error', (error) => (this.#lastProblem = messageOf(error)));
      ros.on('close', () => {
        const wasUp = this.#isUp && this.#ros === ros;
        if (wasUp) this.#down();
        resolve(false);
        if (wasUp && !this.#isClosed) this.#scheduleRetry();
      });
      // An address that no WebSocket can have is refused here.
      ros.connect(this.url).catch((error: unknown) => {
        this.#lastProblem = messageOf(error);
        resolve(false);
      });
    });
  }

  #makeTransport(url: string): RosTransport {
    this.#transport = new RosTransport(url, this.#options.clock);
    return this.#transport;
  }

  #scheduleRetry(): void {
    this.#retry = setTimeout(() => {
      void this.#attempt().then((isConnected) => {
        if (!isConnected && !this.#isClosed) this.#scheduleRetry();
      });
    }, this.#backoff.next());
  }

  #up(ros: Ros): void {
    this.#ros = ros;
    this.#isUp = true;
    this.#generation += 1;
    this.#topics = new Map();
    this.#backoff.reset();
    for (const topic of this.#publishers.keys()) this.#publisher(topic);
    for (const served of this.#served) this.#makeService(served);
    for (const listener of this.#listeners) listener.onUp?.();
    for (const subscription of this.#subscriptions.keys()) {
      this.#subscriptions.set(subscription, this.#makeSubscription(subscription));
    }
  }

  #down(): void {
    this.#isUp = false;
    for (const lost of this.#waiting) lost();
    for (const listener of this.#listeners) listener.onDown?.();
  }

  #publisher(name: string): Topic | undefined {
    const existing = this.#topics.get(name);
    const declared = this.#publishers.get(name);
    if (existing !== undefined || declared === undefined || this.#ros === undefined) return existing;
    const topic = new Topic({
      ros: this.#ros,
      name,
      messageType: toMessageType(this.rosVersion, declared.type),
      latch: declared.isLatched,
      queue_size: 1,
      reconnect_on_close: false,
    });
    topic.advertise();
    this.#topics.set(name, topic);
    return topic;
  }

  #makeSubscription({ topic: name, type, compression, throttleMs, queueLength, onMessage }: Subscription): Topic {
    const topic = new Topic({
      ros: this.#ros as Ros,
      name,
      messageType: toMessageType(this.rosVersion, type),
      compression: compression ?? 'none',
      throttle_rate: throttleMs ?? 0,
      queue_length: queueLength ?? 1,
      reconnect_on_close: false,
    });
    topic.subscribe((message) => onMessage(message, this.#options.clock.nowNs()));
    return topic;
  }

  #makeService({ service, type, answer }: Served): void {
    const server = new Service({
      ros: this.#ros as Ros,
      name: service,
      serviceType: toMessageType(this.rosVersion, type),
    });
    void server.advertiseAsync(answer);
  }
}
