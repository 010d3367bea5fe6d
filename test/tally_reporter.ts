import type { Reporter, TestModule } from "vitest/node";

/** Closes a run with `N passed, N failed, N skipped` on a line of its own. A module that fails to load counts as one failure. */
export default class TallyReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const tally = { passed: 0, failed: errors.length, skipped: 0 };
    for (const module of modules) {
      const states = [...module.children.allTests()].map((test) => test.result().state);
      if (!module.ok() && !states.includes("failed")) tally.failed++;
      for (const state of states) if (state !== "pending") tally[state]++;
    }
    console.log(`\n${tally.passed} passed, ${tally.failed} failed, ${tally.skipped} skipped`);
  }
}
