import { readdir } from "node:fs/promises";
import { kernelExecutor, ortExecutor, type SessionOptions } from "@hyaline/core";
import { afterAll, describe, expect, test } from "vitest";
import { readCase } from "./case.ts";
import { committed } from "./committed.ts";
import { runCase } from "./run_case.ts";

const folder = await committed(), names = (await readdir(folder)).sort();
const session: SessionOptions = { backend: "wasm", threads: 1 }, kernel = kernelExecutor({ threads: 2 });
afterAll(() => kernel.stop());

describe.each([
  ["ONNX Runtime", ortExecutor(session)],
  ["the kernel", kernel],
])("with %s gradient, AttnLRP and CP-LRP equal torch's, and the books close, on", (_, executor) => {
  test.each(names)("%s", async (name) => {
    const { holds, ...outcome } = await runCase(await readCase(folder, name), { session, executor });
    expect(holds, JSON.stringify(outcome)).toBe(true);
  });
});
