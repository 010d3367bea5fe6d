/**
 * `hyaline doctor`: what this machine offers, and what is missing.
 *
 * @module
 */
import { access, constants, stat } from "node:fs/promises";
import { availableParallelism, totalmem } from "node:os";
import process from "node:process";
import { Command } from "commander";
import { exit } from "../failures.ts";
import { embeddedFolder, localModels } from "../models.ts";
import type { Session } from "../session.ts";
import { configurationFile, setting } from "../settings.ts";

/** One finding. `ok` is missing where there is nothing to judge. */
interface Finding {
  readonly title: string;
  readonly value: string;
  readonly ok?: boolean;
  readonly hint?: string;
}

/** Smallest modules that use a feature: what does not validate, the engine does not have. */
const probes = {
  simd: [0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11],
  relaxed: [
    0,
    97,
    115,
    109,
    1,
    0,
    0,
    0,
    1,
    5,
    1,
    96,
    0,
    1,
    123,
    3,
    2,
    1,
    0,
    10,
    15,
    1,
    13,
    0,
    65,
    1,
    253,
    15,
    65,
    2,
    253,
    15,
    253,
    128,
    2,
    11,
  ],
};
const has = (probe: readonly number[]): boolean => WebAssembly.validate(new Uint8Array(probe));

export function doctorCommand(session: Session): Command {
  return new Command("doctor")
    .summary("what this machine offers")
    .description("Looks for what Hyaline runs on: the runtime, SIMD, threads, WebGPU, models and cache.")
    .addOption(setting("--format <name>", "how to write it", "text").choices(["text", "json"]))
    .addHelpText("after", "\nExamples:\n  $ hyaline doctor\n  $ hyaline doctor --format json")
    .action(async (flags: { format: string }) => {
      const findings = await examine(session.io.env);
      if (flags.format === "json") session.io.stdout.write(JSON.stringify(findings, null, 1) + "\n");
      else {
        const { columns, visible } = await import("@hyaline/core/render");
        const rows = findings.map((
          { title, value, ok },
        ) => [ok === undefined ? "·" : ok ? "✓" : "✗", title, visible(value)]);
        const hints = findings.flatMap(({ title, ok, hint }) => (ok === false && hint ? [`  ${title}: ${hint}`] : []));
        session.io.stdout.write([...columns(rows), ...(hints.length ? ["", ...hints] : [])].join("\n") + "\n");
      }
      const vital = findings.filter(({ title }) => title === "ONNX Runtime" || title === "embedded models");
      session.exitCode = vital.every(({ ok }) => ok) ? exit.ok : exit.failure;
    });
}

async function examine(env: Readonly<Record<string, string | undefined>>): Promise<Finding[]> {
  const { bytes } = await import("@hyaline/core/render");
  const versions = process.versions as Record<string, string | undefined>;
  const { defaultCache } = await import("@hyaline/core/node");
  const cache = defaultCache(env), models = await localModels(cache);
  const embedded = models.filter(({ kind }) => kind === "embedded"),
    cached = models.filter(({ kind }) => kind === "cached");
  const configuration = configurationFile(env), configured = await stat(configuration).then(() => true, () => false);
  return [
    { title: "engine", value: versions.deno ? `Deno ${versions.deno}` : `Node ${versions.node}` },
    { title: "machine", value: `${availableParallelism()} cores, ${bytes(totalmem())} memory` },
    await runtime(),
    {
      title: "SIMD",
      value: has(probes.relaxed) ? "relaxed" : has(probes.simd) ? "fixed width" : "none",
      ok: has(probes.simd),
      hint: "Use a newer engine: without SIMD everything is several times slower",
    },
    {
      title: "threads",
      value: typeof SharedArrayBuffer === "function" ? `up to ${availableParallelism()}` : "none",
      ok: typeof SharedArrayBuffer === "function",
    },
    await kernel(),
    await webgpu(),
    {
      title: "embedded models",
      value: embedded.map(({ name }) => name).join(", ") || `none in ${embeddedFolder}`,
      ok: embedded.length > 0,
      hint: "Get them again: git checkout models",
    },
    {
      title: "cache",
      value: `${cache}, ${cached.length} models, ${bytes(cached.reduce((sum, model) => sum + model.bytes, 0))}`,
      ok: await writable(cache),
      hint: "Set HYALINE_CACHE to a folder that can be written to",
    },
    { title: "configuration", value: configured ? configuration : `${configuration} (not there)` },
  ];
}

/** Loads the runtime and lets it run a model of one node. */
async function runtime(): Promise<Finding> {
  const title = "ONNX Runtime";
  try {
    const { openSession, runtimeOf, smallestModel } = await import("@hyaline/core");
    const session = await openSession(smallestModel(), { backend: "wasm", threads: 1 });
    const answer =
      (await session.run(new Map([["x", { dtype: "float32" as const, dims: [2], data: Float32Array.of(1, -2) }]]))).get(
        "y",
      );
    await session.release();
    const right = answer !== undefined && String(Array.from(answer.data as Float32Array)) === "-1,2";
    return { title, value: `${runtimeOf("wasm").name} (wasm)${right ? "" : ", computes wrongly"}`, ok: right };
  } catch (error) {
    return { title, value: (error as Error).message, ok: false, hint: "Install again: deno task setup" };
  }
}

/** Loads the kernel and starts its threads. */
async function kernel(): Promise<Finding> {
  const title = "kernel";
  try {
    const { kernelExecutor } = await import("@hyaline/core");
    const executor = kernelExecutor(), { build, threads } = await executor.describe();
    await executor.stop();
    const team = `${threads} thread${threads === 1 ? "" : "s"}`;
    return { title, value: `${build} build, ${team}; runs models it has every operator of`, ok: true };
  } catch (error) {
    const { message, hint } = error as { message: string; hint?: string };
    return { title, value: message, ok: false, ...(hint ? { hint } : {}) };
  }
}

async function webgpu(): Promise<Finding> {
  const title = "WebGPU";
  const gpu = (globalThis.navigator as {
    gpu?: { requestAdapter(): Promise<{ info?: { vendor?: string; device?: string; description?: string } } | null> };
  } | undefined)?.gpu;
  if (!gpu) return { title, value: "not in this engine" };
  const adapter = await gpu.requestAdapter().catch(() => null);
  const { vendor, device, description } = adapter?.info ?? {};
  return {
    title,
    value: adapter ? [vendor, description || device].filter(Boolean).join(" ") || "an adapter" : "no adapter",
  };
}

/** Whether a folder, or the nearest one above it that is there, can be written to. */
async function writable(path: string): Promise<boolean> {
  for (let folder = path;; folder = folder.slice(0, Math.max(1, folder.lastIndexOf("/")))) {
    if (await stat(folder).then(() => true, () => false)) {
      return access(folder, constants.W_OK).then(() => true, () => false);
    }
    if (folder === "/" || !folder.includes("/")) return false;
  }
}
