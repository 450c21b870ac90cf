import { describe } from 'vitest';
import { CHROMIUM } from './with-browser.ts';

/** Tests that need a browser; left out, and said to be, where there is none. */
export const describeInBrowser: ReturnType<typeof describe.skipIf> = describe.skipIf(CHROMIUM === undefined);
