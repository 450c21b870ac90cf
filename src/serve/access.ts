import { randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { isIPv4 } from 'node:net';

export { isToken } from '../core/token.ts';

/** A secret nobody guesses: 128 random bits, fit for a URL. */
export function newToken(): string {
  return randomBytes(16).toString('base64url');
}

/** Names under which a computer reaches itself. */
const LOOPBACK: readonly string[] = ['127.0.0.1', 'localhost', '::1'];

/** Whether only this computer reaches what listens on an address. */
export function isLoopback(host: string): boolean {
  return LOOPBACK.includes(host) || (isIPv4(host) && host.startsWith('127.'));
}

/** Hosts, with their port, under which a server may be addressed: another one is a page that has been led here by its name server. */
export function hostsOf(address: string, port: number): readonly string[] {
  const names = new Set([address, ...LOOPBACK]);
  return [...names].map((name) => (name.includes(':') ? `[${name}]:${port}` : `${name}:${port}`));
}

/** Whether a request was meant for this server, and sent by its own page. */
export function isOwnOrigin({ host, origin }: IncomingHttpHeaders, hosts: readonly string[]): boolean {
  return host !== undefined && hosts.includes(host) && origin === `http://${host}`;
}
