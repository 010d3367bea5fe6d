import { readdir } from "node:fs/promises";
import { kernelExecutor, type ModelOptions, ortExecutor, type SessionOptions } from "@hyaline/core";
import { afterAll, describe, expect, test } from "vitest";
import { readCase } from "./case.ts";
import { committed } from "./committed.ts";
import { runCase } from "./run_case.ts";

const folder = await committed(), names = (await readdir(folder)).sort();
const session: SessionOptions = { backend: "wasm", threads: 1 }, kernel = kernelExecutor({ threads: 2 });
afterAll(() => kernel.stop());

const ways: readonly [string, ModelOptions][] = [
  ["ONNX Runtime", { session, executor: ortExecutor(session) }],
  ["the kernel", { session, executor: kernel, forward: "session" }],
  ["the kernel alone, forward pass included,", { session, executor: kernel, forward: "program" }],
];

describe.each(ways)("with %s gradient, AttnLRP and CP-LRP equal torch's, and the books close, on", (_, options) => {
  test.each(names)("%s", async (name) => {
    const { holds, ...outcome } = await runCase(await readCase(folder, name), options);
    expect(holds, JSON.stringify(outcome)).toBe(true);
  });
});
