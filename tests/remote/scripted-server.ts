import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import { decodeMessage, encodeMessage } from '../../src/remote/messages.ts';
import type { MessageMap } from '../../src/remote/messages.ts';

/** What a server does with an observation: an answer in bytes or words, or whatever it likes with the socket. */
export type Reply = (asked: MessageMap, socket: WebSocket) => Uint8Array | string | undefined;

export interface ScriptedServer {
  readonly url: string;
  readonly port: number;
  /** All observations, in order, and how many connections there were. */
  readonly asked: readonly MessageMap[];
  readonly connections: readonly IncomingMessage[];
  close(): Promise<void>;
}

/** A policy server that does wrong on purpose: real frames over a real socket, by a script. */
export async function scriptedServer(
  reply: Reply,
  { hello = encodeMessage({}), port = 0 }: { readonly hello?: Uint8Array | string | null; readonly port?: number } = {},
): Promise<ScriptedServer> {
  const server = new WebSocketServer({ host: '127.0.0.1', port, perMessageDeflate: false });
  await once(server, 'listening');
  const asked: MessageMap[] = [];
  const connections: IncomingMessage[] = [];
  server.on('connection', (socket, request) => {
    connections.push(request);
    if (hello !== null) socket.send(hello);
    socket.on('message', (data: Buffer) => {
      const message = decodeMessage(data);
      asked.push(message);
      const answer = reply(message, socket);
      if (answer !== undefined) socket.send(answer);
    });
  });
  const taken = (server.address() as AddressInfo).port;
  return {
    url: `ws://127.0.0.1:${taken}`,
    port: taken,
    asked,
    connections,
    close: async () => {
      for (const socket of server.clients) socket.terminate();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
