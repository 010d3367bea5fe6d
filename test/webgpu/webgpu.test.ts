/**
 * The same explanation on WebGPU: forward and backward pass, on whatever adapter Deno finds (mesa's software Vulkan where there is no GPU).
 */
import { execFile } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const icd = "/usr/share/vulkan/icd.d",
  vulkan = existsSync(icd) && readdirSync(icd).length > 0,
  deno = typeof (globalThis as { Deno?: unknown }).Deno === "object";

interface Answer {
  readonly value: number;
  readonly tokens: number[];
  readonly closed: boolean;
}

async function on(backend: string): Promise<Answer> {
  const script = fileURLToPath(new URL("explain.ts", import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, ["run", "-A", "--unstable-webgpu", script, backend], {
    timeout: 170_000,
  });
  return JSON.parse(stdout.trim().split("\n").at(-1)!) as Answer;
}

test.skipIf(!vulkan || !deno)(
  "WebGPU carries the relevance that wasm carries (needs Deno and a Vulkan driver: apt-get install mesa-vulkan-drivers)",
  { timeout: 360_000 },
  async () => {
    const [wasm, webgpu] = [await on("wasm"), await on("webgpu")], scale = Math.max(...wasm.tokens.map(Math.abs));
    expect(webgpu.value).toBeCloseTo(wasm.value, 4);
    expect(webgpu.closed).toBe(true);
    webgpu.tokens.forEach((relevance, i) => expect(Math.abs(relevance - wasm.tokens[i]!) / scale).toBeLessThan(1e-4));
  },
);
