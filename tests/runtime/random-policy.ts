import { fileURLToPath } from 'node:url';

/** A policy for the so101 with the words of the desk suite and random weights. */
export const randomPolicy = fileURLToPath(new URL('../fixtures/random-policy', import.meta.url));
