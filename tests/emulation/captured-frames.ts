import { readFileSync } from 'node:fs';
import { decode } from 'cbor2';
import type { Frame } from './rosbridge-client.ts';

interface Captured {
  readonly dir: 'in' | 'out';
  readonly binary?: boolean;
  readonly data: string;
}

const captured = JSON.parse(
  readFileSync(new URL('../fixtures/rosbridge_0.11.17.json', import.meta.url), 'utf8'),
) as Captured[];

/** The cbor frames were cut when they were captured; the bytes of the picture that are missing are zeros here. */
const CBOR_BYTES = 40_132;

/** What the client of the capture sent, as text. */
export const clientFrames: readonly string[] = captured.filter(({ dir }) => dir === 'out').map(({ data }) => data);

/** What rosbridge 0.11.17 answered. */
export const bridgeFrames: readonly Frame[] = captured
  .filter(({ dir }) => dir === 'in')
  .map(({ binary, data }): Frame => {
    if (binary !== true) return JSON.parse(data) as Frame;
    const bytes = Buffer.alloc(CBOR_BYTES);
    Buffer.from(data, 'base64').copy(bytes);
    return decode(Uint8Array.from(bytes));
  });
