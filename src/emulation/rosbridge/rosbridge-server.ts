import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { encode } from 'cbor2';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import type { Clock } from '../../core/clock.ts';
import { LOOPBACK } from '../../core/addresses.ts';
import { ArmatureError, messageOf } from '../../core/errors.ts';
import type { Rng } from '../../core/rng.ts';
import { LinkFaults } from './link-faults.ts';
import type { LinkFaultsOptions, OutgoingFrame, RosbridgeFault } from './link-faults.ts';
import type { RosGraph } from './ros-graph.ts';
import { RosbridgeSession } from './rosbridge-session.ts';

export interface RosbridgeServerOptions extends Omit<LinkFaultsOptions, 'rng'> {
  readonly graph: RosGraph;
  /** 0: a free one. Default 0. */
  readonly port?: number;
  readonly clock: Clock;
  /** Decides which messages faults hit. */
  readonly rng: Rng;
  /** What the true server writes into its own log, and no client learns. Default: nowhere. */
  readonly log?: (line: string) => void;
}

/** As the bridge of ROS 2 is launched; longer frames end the connection. */
const MAX_MESSAGE_BYTES = 10e6;
/** Another way to reach this machine would let the network move the emulated arm. */

/** A rosbridge server on loopback before a graph of this process, with faults to inject. */
export class RosbridgeServer {
  readonly port: number;
  readonly #server: WebSocketServer;
  readonly #options: RosbridgeServerOptions;
  readonly #faults: LinkFaults;

  private constructor(server: WebSocketServer, options: RosbridgeServerOptions) {
    this.#server = server;
    this.#options = options;
    this.#faults = new LinkFaults(options);
    this.port = (server.address() as AddressInfo).port;
    server.on('connection', (socket) => this.#serve(socket));
  }

  /** Throws ArmatureError (E_ROSBRIDGE_PORT) when the port is taken. */
  static async listen(options: RosbridgeServerOptions): Promise<RosbridgeServer> {
    const { port = 0 } = options;
    // Pings are answered by hand, since a half-open link answers none.
    const server = new WebSocketServer({ host: LOOPBACK, port, maxPayload: MAX_MESSAGE_BYTES, autoPong: false });
    try {
      await once(server, 'listening');
    } catch (cause) {
      throw new ArmatureError('E_ROSBRIDGE_PORT', `the rosbridge server cannot listen on port ${port} of ${LOOPBACK}`, {
        found: messageOf(cause),
        remedy: 'Choose another port, or end what listens there.',
        cause,
      });
    }
    return new RosbridgeServer(server, options);
  }

  get url(): string {
    return `ws://${LOOPBACK}:${this.port}`;
  }

  get clientCount(): number {
    return this.#server.clients.size;
  }

  inject(fault: RosbridgeFault): void {
    this.#faults.inject(fault);
    if (fault === 'disconnect') this.#cut();
  }

  clearFaults(): void {
    this.#faults.clear();
  }

  /** Ends the server as a killed process does: connections are cut, not closed. */
  async close(): Promise<void> {
    this.#cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #cut(): void {
    for (const socket of this.#server.clients) socket.terminate();
  }

  #serve(socket: WebSocket): void {
    if (this.#faults.has('disconnect')) return socket.terminate();
    const { graph, clock, log = () => undefined } = this.#options;
    const session = new RosbridgeSession({
      graph,
      nowNs: () => clock.nowNs(),
      log,
      send: (frame) => this.#faults.send(frame, (changed) => transmit(socket, changed)),
    });
    socket.on('message', (data: Buffer, isBinary) => {
      if (!this.#faults.has('half-open') && !isBinary) session.receive(data.toString('utf8'));
    });
    socket.on('ping', (data) => {
      if (!this.#faults.has('half-open')) socket.pong(data);
    });
    socket.on('error', (error) => log(`connection: ${error.message}`));
    socket.on('close', () => session.close());
  }
}

function transmit(socket: WebSocket, { encoding, body }: OutgoingFrame): void {
  if (socket.readyState !== socket.OPEN) return;
  socket.send(encoding === 'json' ? JSON.stringify(body) : encode(body));
}
