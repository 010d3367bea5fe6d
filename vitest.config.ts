import { defineConfig } from "vitest/config";

/** One run for the whole repository. Forks: under Deno 2.9.5 vitest's threads fail (`parentPort.removeAllListeners`). */
export default defineConfig({
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  test: {
    include: [
      "packages/**/*.test.{ts,tsx}",
      "assembly/**/*.test.ts",
      "models/**/*.test.ts",
      "test/**/*.test.ts",
      "examples/**/*.test.ts",
    ],
    exclude: ["**/node_modules/**", "**/dist/**", "**/build/**"],
    reporters: ["default", "./test/tally_reporter.ts"],
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
