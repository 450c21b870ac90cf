import { defineConfig } from 'vitest/config';

/** The dashboard in a real browser, on a live simulated arm: needs Chromium, and a machine with time for both. */
export default defineConfig({
  test: { include: ['tests/page/**/*.spec.ts'], testTimeout: 180_000, hookTimeout: 180_000 },
});
