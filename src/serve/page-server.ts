import { existsSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import serveStatic from '@fastify/static';
import fastify from 'fastify';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { hostOf, reachableAddresses } from '../core/addresses.ts';
import { ArmatureError, messageOf } from '../core/errors.ts';
import { hostsOf, isOwnOrigin, isToken, newToken } from './access.ts';

export interface PageServerOptions {
  /** Folder of the built pages. */
  readonly pageDirectory: string;
  /** File of the page in it. */
  readonly page: string;
  /** Address to listen on. */
  readonly address: string;
  /** 0: one that is free. */
  readonly port: number;
  /** A message or a body is no longer than this, bytes. */
  readonly largestMessage: number;
  /** Plugins that have to know of requests before they are judged. */
  readonly addPlugins?: (server: FastifyInstance) => Promise<void>;
  readonly addRoutes: (server: FastifyInstance, pages: PageServer) => void;
}

const OWN_FILES_ONLY =
  "default-src 'self'; img-src 'self' data: blob:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/** Serves a page of the package, under its own name and to whoever has its token: nobody else gets anything but the page's code. */
export class PageServer {
  readonly #server: FastifyInstance;
  readonly #address: string;
  readonly #token = newToken();
  #port = 0;

  private constructor(server: FastifyInstance, address: string) {
    this.#server = server;
    this.#address = address;
  }

  /** Throws E_NO_PAGE where the page was not built, and E_DASHBOARD_PORT where nothing can listen. */
  static async open(options: PageServerOptions): Promise<PageServer> {
    const { pageDirectory, page, address, port, largestMessage } = options;
    if (!existsSync(join(pageDirectory, page))) throw noPage(join(pageDirectory, page));
    const server = fastify({ logger: false, bodyLimit: largestMessage });
    const pages = new PageServer(server, address);
    await options.addPlugins?.(server);
    server.addHook('onRequest', async (request, reply) => {
      if (!pages.#hosts().includes(request.headers.host ?? '')) return reply.code(403).send('unknown host');
      reply.headers({
        'content-security-policy': OWN_FILES_ONLY,
        'referrer-policy': 'no-referrer',
        'cache-control': 'no-store',
      });
      if (!request.url.startsWith('/assets/') && !isToken(queryOf(request)['token'], pages.#token))
        return reply.code(403).send('wrong token: take the address from the terminal');
      return undefined;
    });
    options.addRoutes(server, pages);
    await server.register(serveStatic, { root: pageDirectory, index: [page] });
    try {
      await server.listen({ host: address, port });
    } catch (cause) {
      await server.close();
      throw cannotListen(address, port, cause);
    }
    pages.#port = (server.server.address() as AddressInfo).port;
    return pages;
  }

  /** Of the page, with its token; for others where they reach it. */
  get url(): string {
    const [address = this.#address] = this.#addresses();
    return `http://${hostOf(address)}:${this.#port}/?token=${this.#token}`;
  }

  /** Whether the page itself sent a request: it names its origin. */
  isOwnOrigin(headers: IncomingHttpHeaders): boolean {
    return isOwnOrigin(headers, this.#hosts());
  }

  close(): Promise<void> {
    return this.#server.close();
  }

  /** Looked up each time: a computer gets addresses while the server runs, as when it joins a network. */
  #addresses(): readonly string[] {
    return reachableAddresses(this.#address, networkInterfaces());
  }

  #hosts(): readonly string[] {
    return hostsOf(this.#addresses(), this.#port);
  }
}

export function queryOf(request: FastifyRequest): Readonly<Record<string, unknown>> {
  return request.query as Readonly<Record<string, unknown>>;
}

function noPage(path: string): ArmatureError {
  return new ArmatureError('E_NO_PAGE', 'the page of the dashboard was not built', {
    expected: path,
    remedy: 'Run `npm run build`; an installed package has it.',
  });
}

function cannotListen(address: string, port: number, cause: unknown): ArmatureError {
  return new ArmatureError('E_DASHBOARD_PORT', `the dashboard cannot listen on ${address}, port ${port}`, {
    found: messageOf(cause),
    remedy: 'Give another address or port with --listen, or end what listens there.',
    cause,
  });
}
