import { defineConfig } from "vitest/config";

/** Unit tests need nothing but Node; integration tests use the Python tools that `npm run setup:python` installs. */
export default defineConfig({
  test: {
    projects: [
      // The time limits only end what hangs; a busy machine needs them wide.
      {
        test: {
          name: "unit",
          include: ["test/unit/**/*.test.ts"],
          setupFiles: ["test/setup/property-tests.ts"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: "integration",
          include: ["test/integration/**/*.test.ts"],
          setupFiles: ["test/setup/property-tests.ts"],
          testTimeout: 120_000,
          hookTimeout: 180_000,
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
