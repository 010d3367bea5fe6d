import { afterEach, expect, test, vi } from "vitest";
import { kernelExecutor } from "./executor.ts";

afterEach(() => vi.doUnmock("@hyaline/assembly"));

/** The kernel's package as an earlier build would have it. */
const built = (version: string | undefined) =>
  vi.doMock("@hyaline/assembly", async (original) => ({ ...await original<object>(), version }));

test.each(["0123456789abcdef", undefined])(
  "a kernel that says it is of version %s is not used, and it is said what to do",
  async (version) => {
    built(version);
    await expect(kernelExecutor({ threads: 1 }).describe()).rejects.toMatchObject({
      code: "KERNEL_STALE",
      hint: expect.stringContaining("deno task setup"),
    });
  },
);
