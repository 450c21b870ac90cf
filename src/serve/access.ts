import { randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { isIPv4 } from 'node:net';
import type { networkInterfaces } from 'node:os';

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

/** What stands for every address of this computer. */
const ALL_ADDRESSES: readonly string[] = ['0.0.0.0', '::'];
/** The port that nobody writes behind a host. */
const HTTP_PORT = 80;

/** Under which addresses others reach what listens on one, the best to tell first. @param interfaces of this computer, now */
export function reachableAddresses(
  address: string,
  interfaces: ReturnType<typeof networkInterfaces>,
): readonly string[] {
  if (!ALL_ADDRESSES.includes(address)) return [address];
  const outer = Object.values(interfaces).flatMap((found = []) => found.filter(({ internal }) => !internal));
  const known = outer.filter(({ family }) => family === 'IPv4').map((found) => found.address);
  // One that is good on one cable only needs a zone, which browsers do not take.
  if (address === '::') known.push(...outer.flatMap((found) => (found.scopeid === 0 ? [found.address] : [])));
  return known.length === 0 ? LOOPBACK.slice(0, 1) : known;
}

/** Hosts, with their port, under which a server may be addressed: another one is a page that has been led here by its name server. */
export function hostsOf(addresses: readonly string[], port: number): readonly string[] {
  const names = [...new Set([...addresses, ...LOOPBACK])].map(hostOf);
  return names.flatMap((name) => (port === HTTP_PORT ? [name, `${name}:${port}`] : [`${name}:${port}`]));
}

/** An address as it stands in a URL. */
export function hostOf(address: string): string {
  return address.includes(':') ? `[${address}]` : address;
}

/** Whether a request was meant for this server, and sent by its own page. */
export function isOwnOrigin({ host, origin }: IncomingHttpHeaders, hosts: readonly string[]): boolean {
  return host !== undefined && hosts.includes(host) && origin === `http://${host}`;
}
