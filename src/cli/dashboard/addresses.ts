import { LOOPBACK, isLoopback } from '../../core/addresses.ts';
import type { DashboardServer } from '../../serve/dashboard-server.ts';
import type { ListenAddress } from './listen-address.ts';

export const THIS_COMPUTER: ListenAddress = { address: LOOPBACK, port: 0 };

/** Where a page is, and what it means that it is there. */
export function addressText(
  address: string,
  { url = '', operatorUrl = '' }: Partial<Pick<DashboardServer, 'url' | 'operatorUrl'>>,
): string {
  const reach = isLoopback(address)
    ? []
    : [
        `The dashboard listens on ${address}: whoever reaches this computer and has an address below can use it.`,
        'Nothing is encrypted: others on the network can read along, addresses included. Use it on networks you trust.',
      ];
  return [
    ...reach,
    `dashboard  ${operatorUrl}`,
    `to look    ${url}   (may look, stop and slow down, and nothing else)`,
  ].join('\n');
}
