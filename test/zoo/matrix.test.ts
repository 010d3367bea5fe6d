import { readdir } from "node:fs/promises";
import { ortExecutor, type SessionOptions } from "@hyaline/core";
import { describe, expect, test } from "vitest";
import { readCase } from "./case.ts";
import { committed } from "./committed.ts";
import { runCase } from "./run_case.ts";

const folder = await committed(), names = (await readdir(folder)).sort();
const session: SessionOptions = { backend: "wasm", threads: 1 }, executor = ortExecutor(session);

describe("gradient, AttnLRP and CP-LRP equal torch's, and the books close, on", () => {
  test.each(names)("%s", async (name) => {
    const { holds, ...outcome } = await runCase(await readCase(folder, name), { session, executor });
    expect(holds, JSON.stringify(outcome)).toBe(true);
  });
});
