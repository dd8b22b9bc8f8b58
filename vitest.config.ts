import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    setupFiles: ['tests/support/properties.ts'],
    // A process of its own per file: tests load native modules, take ports and run training threads.
    pool: 'forks',
    maxWorkers: 2,
    // Long: what a test says must not depend on how busy the machine is.
    testTimeout: 240_000,
    hookTimeout: 240_000,
  },
});
