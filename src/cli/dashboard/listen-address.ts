import { InvalidArgumentError } from 'commander';
import { isIP } from 'node:net';

export interface ListenAddress {
  readonly address: string;
  /** 0: one that is free. */
  readonly port: number;
}

const HIGHEST_PORT = 65_535;

/** `8080`, `0.0.0.0`, `192.168.1.5:8080` or `[::1]:8080`. */
export function listenAddress(text: string): ListenAddress {
  const [, bracketed, plain, portText = '0'] = /^(?:\[([^\]]+)\]|([^:]*))(?::(\d+))?$/.exec(text) ?? [];
  const isPortAlone = /^\d+$/.test(text);
  const address = isPortAlone ? '127.0.0.1' : (bracketed ?? plain ?? '');
  const port = Number(isPortAlone ? text : portText);
  if ((isIP(address) === 0 && address !== 'localhost') || port > HIGHEST_PORT) {
    throw new InvalidArgumentError('Give an address of this computer, a port, or both: 127.0.0.1:8080.');
  }
  return { address, port };
}
