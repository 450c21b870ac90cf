import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';

/** How often the link carries a piece, ms. */
const PERIOD_MS = 5;

/** A port that leads to another one of this computer, whose answers come through no faster than a network would carry them. */
export class SlowLink {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server) {
    this.#server = server;
  }

  /** @param bytesPerS from the far end to the near one; the other way is not held up */
  static async open(farPort: number, bytesPerS: number): Promise<SlowLink> {
    const server = createServer((near) => link.#join(near, connect({ host: '127.0.0.1', port: farPort }), bytesPerS));
    const link = new SlowLink(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return link;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #join(near: Socket, far: Socket, bytesPerS: number): void {
    near.pipe(far);
    let allowance = 0;
    let lastMs = performance.now();
    const timer = setInterval(() => {
      const nowMs = performance.now();
      // What was not used while nothing came is not saved up.
      allowance = Math.min(allowance + (bytesPerS * (nowMs - lastMs)) / 1000, (bytesPerS * 4 * PERIOD_MS) / 1000);
      lastMs = nowMs;
      while (allowance >= 1 && far.readableLength > 0) {
        const piece = far.read(Math.min(Math.floor(allowance), far.readableLength)) as Buffer | null;
        if (piece === null) return;
        allowance -= piece.length;
        near.write(piece);
      }
      // Without a listener nothing more is read from the system.
      far.read(0);
    }, PERIOD_MS);
    for (const socket of [near, far]) {
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        clearInterval(timer);
        near.destroy();
        far.destroy();
        this.#sockets.delete(socket);
      });
    }
  }
}
