import { defineConfig } from 'vitest/config';

/** Tests that need a ROS 1 graph of real processes; see tests/ros/install.sh. They share the machine, so one file at a time. */
export default defineConfig({
  test: {
    include: ['tests/ros/**/*.spec.ts'],
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
