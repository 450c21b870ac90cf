import { ActionlibServer } from './actionlib.ts';
import { MessageRefused } from './message-codec.ts';
import type { MessageCodec, RosMessage } from './message-codec.ts';

/** A service of the graph; types are two-part names. */
export interface RosService {
  readonly type: string;
  /** Answers a call, or throws what the caller is told. */
  readonly call: (request: RosMessage) => RosMessage | Promise<RosMessage>;
}

/** What an action server may do with a goal it took. One of the last three ends it. */
export interface GoalHandle {
  readonly id: string;
  feedback(values: RosMessage): void;
  succeed(result: RosMessage): void;
  abort(result: RosMessage): void;
  cancelled(result: RosMessage): void;
}

/** An action of the graph. Both ROS versions reach it, each in its way. */
export interface RosActionServer {
  /** Two-part name such as `control_msgs/FollowJointTrajectory`. */
  readonly type: string;
  /** Takes a goal, or throws MessageRefused to reject it. */
  accept(goal: RosMessage, handle: GoalHandle): void;
  cancel(handle: GoalHandle): void;
}

export type TopicListener = (message: RosMessage) => void;

interface Topic {
  readonly type: string;
  /** How many have said that they will publish to it. */
  publishers: number;
  readonly listeners: Set<TopicListener>;
  /** Kept for those who subscribe later. */
  latched: RosMessage | undefined;
}

/** Topics, services and actions of one process: what a rosbridge server connects its clients to. */
export class RosGraph {
  readonly codec: MessageCodec;
  readonly services = new Map<string, RosService>();
  readonly actions = new Map<string, RosActionServer>();
  readonly #topics = new Map<string, Topic>();
  readonly #actionlib: ActionlibServer[] = [];

  constructor(codec: MessageCodec) {
    this.codec = codec;
  }

  /** Two-part type names by topic. */
  get topicTypes(): ReadonlyMap<string, string> {
    return new Map([...this.#topics].map(([name, { type }]) => [name, type]));
  }

  /** Makes a topic known until the function returned is called, once. Throws MessageRefused when it has another type. */
  advertise(name: string, type: string): () => void {
    const topic = this.#topic(name, type);
    topic.publishers += 1;
    return () => {
      topic.publishers -= 1;
      this.#forgetUnused(name, topic);
    };
  }

  /** @param options.latched whoever subscribes later is given this message, too */
  publish(name: string, message: RosMessage, options: { readonly latched: boolean } = { latched: false }): void {
    const topic = this.#topic(name, undefined);
    if (options.latched) topic.latched = message;
    for (const listener of topic.listeners) listener(message);
  }

  /**
   * Listens to a topic. Throws MessageRefused when it has another type, or when no type is given and nobody has
   * advertised it yet.
   */
  subscribe(name: string, type: string | undefined, listener: TopicListener): () => void {
    const topic = this.#topic(name, type);
    topic.listeners.add(listener);
    if (topic.latched !== undefined) listener(topic.latched);
    return () => {
      topic.listeners.delete(listener);
      this.#forgetUnused(name, topic);
    };
  }

  /** Offers an action the way this version of ROS has it: to the action ops of the bridge, or as topics. */
  offerAction(name: string, server: RosActionServer): void {
    if (this.codec.version === 1) this.#actionlib.push(new ActionlibServer(this, name, server));
    else this.actions.set(name, server);
  }

  /** ROS 1: tells how all goals stand. */
  publishActionStatus(): void {
    for (const server of this.#actionlib) server.publishStatus();
  }

  /** Who listens to a topic; the emulation has no names of nodes but its own. */
  subscribersOf(name: string): string[] {
    return Array.from(this.#topics.get(name)?.listeners ?? [], () => '/emulation');
  }

  /** The type of a topic. Throws MessageRefused for one nobody has advertised. */
  typeOf(name: string): string {
    return this.#topic(name, undefined).type;
  }

  #topic(name: string, type: string | undefined): Topic {
    const known = this.#topics.get(name);
    if (known !== undefined) {
      if (type === undefined || type === known.type) return known;
      throw new MessageRefused(`topic ${name} has type ${known.type}, not ${type}`);
    }
    if (type === undefined) throw new MessageRefused(`cannot infer the type of topic ${name}: it is not advertised`);
    const topic: Topic = { type, publishers: 0, listeners: new Set(), latched: undefined };
    this.#topics.set(name, topic);
    return topic;
  }

  #forgetUnused(name: string, topic: Topic): void {
    const isUsed = topic.publishers > 0 || topic.listeners.size > 0;
    if (!isUsed && this.#topics.get(name) === topic) this.#topics.delete(name);
  }
}
