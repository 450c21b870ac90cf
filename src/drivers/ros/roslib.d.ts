/**
 * The part of roslib 2.1 that is used here. Its own declarations re-export without file extensions, so that nothing of
 * them is visible under NodeNext resolution.
 */
declare module 'roslib' {
  export type RosbridgeMessage = { readonly op: string } & Record<string, unknown>;
  type Listener = (event: unknown) => void;

  export interface ITransport {
    on(event: 'open' | 'close' | 'error', listener: Listener): this;
    on(event: 'message', listener: (message: RosbridgeMessage) => void): this;
    send(message: RosbridgeMessage): void;
    close(): void;
    isConnecting(): boolean;
    isOpen(): boolean;
    isClosing(): boolean;
    isClosed(): boolean;
  }

  export abstract class AbstractTransport implements ITransport {
    on(event: 'open' | 'close' | 'error', listener: Listener): this;
    on(event: 'message', listener: (message: RosbridgeMessage) => void): this;
    protected emit(event: 'open' | 'close' | 'error', value: unknown): boolean;
    abstract send(message: RosbridgeMessage): void;
    abstract close(): void;
    abstract isConnecting(): boolean;
    abstract isOpen(): boolean;
    abstract isClosing(): boolean;
    abstract isClosed(): boolean;
    protected handleRawMessage(data: unknown): void;
  }

  export class Ros {
    constructor(options: { readonly transportFactory: (url: string) => Promise<ITransport> });
    get isConnected(): boolean;
    connect(url: string): Promise<void>;
    close(): void;
    on(event: 'connection' | 'close' | 'error', listener: Listener): this;
    on(event: 'status', listener: (message: RosbridgeMessage) => void): this;
  }

  export class Topic {
    constructor(options: {
      readonly ros: Ros;
      readonly name: string;
      readonly messageType: string;
      readonly compression?: 'none' | 'cbor';
      readonly throttle_rate?: number;
      readonly queue_length?: number;
      readonly queue_size?: number;
      readonly latch?: boolean;
      readonly reconnect_on_close: false;
    });
    subscribe(listener: (message: unknown) => void): void;
    unsubscribe(): void;
    advertise(): void;
    publish(message: unknown): void;
  }

  export class Service {
    constructor(options: { readonly ros: Ros; readonly name: string; readonly serviceType: string });
    callService(
      request: unknown,
      done: (response: unknown) => void,
      failed: (error: string) => void,
      timeoutS?: number,
    ): void;
    advertiseAsync(answer: (request: unknown) => Promise<unknown>): Promise<void>;
  }

  /** ROS 2 only: the bridge of ROS 1 never answers it. */
  export class Action {
    constructor(options: { readonly ros: Ros; readonly name: string; readonly actionType: string });
    sendGoal(
      goal: unknown,
      done: (result: unknown) => void,
      feedback: undefined,
      failed: (error: string) => void,
    ): string | undefined;
    cancelGoal(id: string): void;
  }
}
