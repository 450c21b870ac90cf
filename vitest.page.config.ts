import { defineConfig } from 'vitest/config';

/** The dashboard in a real browser, on a live simulated arm: both need a machine with time, so one file at a time. */
export default defineConfig({
  test: {
    include: ['tests/page/**/*.spec.ts'],
    globalSetup: ['tests/page/build-page.ts'],
    fileParallelism: false,
    testTimeout: 180_000,
    hookTimeout: 180_000,
  },
});
