import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { LOOPBACK } from '../core/addresses.ts';
import { ArmatureError } from '../core/errors.ts';

const BOUNDARY = 'picture';

/**
 * Pictures over HTTP as network cameras give them: one path per camera, `/<name>.mjpg`, JPEG files as
 * multipart/x-mixed-replace (RFC 2046, section 5.1). On loopback only. Whoever reads too slowly misses pictures.
 */
export class PictureServer {
  readonly #server: Server;
  readonly #viewers = new Map<string, Set<ServerResponse>>();

  private constructor(names: readonly string[]) {
    for (const name of names) this.#viewers.set(`/${name}.mjpg`, new Set());
    this.#server = createServer((request, response) => this.#serve(request, response));
  }

  /** @param port 0: a free one. Throws ArmatureError E_PORT_TAKEN. */
  static async listen(names: readonly string[], port = 0): Promise<PictureServer> {
    const server = new PictureServer(names);
    await new Promise<void>((resolve, reject) => {
      server.#server.once('error', (cause) => reject(portTaken(port, cause)));
      server.#server.listen(port, LOOPBACK, resolve);
    });
    return server;
  }

  /** Where a camera is, for `--camera`. */
  urlOf(name: string): string {
    return `http://${LOOPBACK}:${(this.#server.address() as AddressInfo).port}/${name}.mjpg`;
  }

  /** Whether anybody looks: pictures that nobody sees need not be made. */
  isWatched(name: string): boolean {
    return (this.#viewers.get(`/${name}.mjpg`)?.size ?? 0) > 0;
  }

  /** Shows a picture, a JPEG file, to everybody who looks through the camera. */
  show(name: string, jpeg: Uint8Array): void {
    const head = `--${BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: ${jpeg.length}\r\n\r\n`;
    const part = Buffer.concat([Buffer.from(head), jpeg, Buffer.from('\r\n')]);
    for (const viewer of this.#viewers.get(`/${name}.mjpg`) ?? []) if (!viewer.writableNeedDrain) viewer.write(part);
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  #serve({ url = '' }: IncomingMessage, response: ServerResponse): void {
    const viewers = this.#viewers.get(url);
    if (viewers === undefined) {
      response.writeHead(404).end(`cameras: ${[...this.#viewers.keys()].join(', ')}\n`);
      return;
    }
    response.writeHead(200, { 'Content-Type': `multipart/x-mixed-replace;boundary=${BOUNDARY}` });
    response.flushHeaders();
    response.socket?.setNoDelay(true);
    viewers.add(response);
    response.on('close', () => viewers.delete(response));
    response.on('error', () => viewers.delete(response));
  }
}

function portTaken(port: number, cause: Error): ArmatureError {
  return new ArmatureError('E_PORT_TAKEN', `port ${port} of ${LOOPBACK} cannot be listened to`, {
    found: cause.message,
    remedy: 'Choose another port, or 0 for a free one.',
    cause,
  });
}
