import { isIPv4 } from 'node:net';
import type { networkInterfaces } from 'node:os';

/** The address that only this computer reaches. */
export const LOOPBACK = '127.0.0.1';
/** Names under which a computer reaches itself. */
export const LOOPBACK_NAMES: readonly string[] = [LOOPBACK, 'localhost', '::1'];

/** Whether only this computer reaches what listens on an address. */
export function isLoopback(host: string): boolean {
  return LOOPBACK_NAMES.includes(host) || (isIPv4(host) && host.startsWith('127.'));
}

/** What stands for every address of this computer. */
const ALL_ADDRESSES: readonly string[] = ['0.0.0.0', '::'];

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
  return known.length === 0 ? [LOOPBACK] : known;
}

/** An address as it stands in a URL. */
export function hostOf(address: string): string {
  return address.includes(':') ? `[${address}]` : address;
}
