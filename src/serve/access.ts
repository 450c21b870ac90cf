import { randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { LOOPBACK_NAMES, hostOf } from '../core/addresses.ts';

export { isToken } from '../core/token.ts';

/** A secret nobody guesses: 128 random bits, fit for a URL. */
export function newToken(): string {
  return randomBytes(16).toString('base64url');
}

/** The port that nobody writes behind a host. */
const HTTP_PORT = 80;

/** Hosts, with their port, under which a server may be addressed: another one is a page that has been led here by its name server. */
export function hostsOf(addresses: readonly string[], port: number): readonly string[] {
  const names = [...new Set([...addresses, ...LOOPBACK_NAMES])].map(hostOf);
  return names.flatMap((name) => (port === HTTP_PORT ? [name, `${name}:${port}`] : [`${name}:${port}`]));
}

/** Whether a request was meant for this server, and sent by its own page. */
export function isOwnOrigin({ host, origin }: IncomingHttpHeaders, hosts: readonly string[]): boolean {
  return host !== undefined && hosts.includes(host) && origin === `http://${host}`;
}
