import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import init, * as kernel from "@hyaline/assembly";
import { describe, expect, test } from "vitest";

const pkg = new URL("../pkg/", import.meta.url);

/** Doubles three numbers through the package's own functions. */
const doubled = (memory: WebAssembly.Memory): number[] => {
  new Float32Array(memory.buffer, 1024, 3).set([1, 2, 3]);
  const walk = new Int32Array(memory.buffer, 2048, 5);
  walk.set([1, 3, 1, 1, 0]);
  kernel.add_f32(2048, 1024, 1024, 3072);
  return Array.from(new Float32Array(memory.buffer, 3072, 3));
};

describe("the package, used the way a wasm-pack package is used", () => {
  test("init() without arguments finds its own file and the named functions work", async () => {
    const { memory } = await init();
    expect(doubled(memory)).toEqual([2, 4, 6]);
  });

  test("init() takes a URL, bytes, a promise of bytes or a compiled module", async () => {
    const url = new URL("relevance_bg.wasm", pkg), bytes = readFileSync(url);
    for (
      const input of [url, bytes, Promise.resolve(bytes), await WebAssembly.compile(bytes), { module_or_path: bytes }]
    ) {
      const { memory } = await init(input as Uint8Array<ArrayBuffer>);
      expect(doubled(memory)).toEqual([2, 4, 6]);
    }
  });

  test("initSync() takes bytes or a module, and a memory of one's own", () => {
    const bytes = readFileSync(new URL("relevance_bg.wasm", pkg)),
      memory = new WebAssembly.Memory({ initial: 2, maximum: 10 });
    expect(kernel.initSync(bytes).exp_f32).toBeTypeOf("function");
    kernel.initSync({ module: bytes, memory });
    expect(doubled(memory)).toEqual([2, 4, 6]);
  });

  test.each(["simd", "relaxed"] as const)("the %s build runs on a shared memory", async (build) => {
    if (build === "relaxed" && !kernel.hasRelaxedSimd()) {
      return expect(WebAssembly.validate(readFileSync(new URL("relevance_relaxed_bg.wasm", pkg)))).toBe(false);
    }
    const memory = new WebAssembly.Memory({ initial: 2, maximum: 10, shared: true });
    await init({ module_or_path: kernel.compile({ build, shared: true }), memory });
    expect(doubled(memory)).toEqual([2, 4, 6]);
  });

  test("both builds export the same functions, import one memory and start nothing", async () => {
    const modules = [await WebAssembly.compile(readFileSync(new URL("relevance_bg.wasm", pkg)))];
    if (kernel.hasRelaxedSimd()) {
      modules.push(await WebAssembly.compile(readFileSync(new URL("relevance_relaxed_bg.wasm", pkg))));
    }
    const exported = modules.map((module) =>
      WebAssembly.Module.exports(module).map((one) => `${one.kind} ${one.name}`).sort()
    );
    for (const module of modules) {
      expect(WebAssembly.Module.imports(module)).toEqual([{ module: "env", name: "memory", kind: "memory" }]);
    }
    expect(exported[0]).toContain("function gemm_f32_8x12");
    expect(exported.at(-1)).toEqual(exported[0]);
    const types = readFileSync(new URL("relevance.d.ts", pkg), "utf8");
    for (const name of exported[0]!) expect(types).toContain(`export function ${name.replace("function ", "")}(`);
  });

  test("says which sources it was built from", () => {
    const { version } = JSON.parse(readFileSync(new URL("../version.json", import.meta.url), "utf8"));
    expect(kernel.version).toMatch(/^[0-9a-f]{16}$/);
    expect(kernel.version).toBe(version);
  });

  test("plain Node loads it with no tool in between", () => {
    const script = `import init, { exp_f32 } from ${JSON.stringify(new URL("relevance.js", pkg).href)};
      const { memory } = await init(); new Float32Array(memory.buffer, 1024, 1)[0] = 1; exp_f32(1, 1024, 1028);
      console.log(new Float32Array(memory.buffer, 1028, 1)[0].toFixed(6));`;
    const { stdout, stderr } = spawnSync("node", ["--input-type=module", "-e", script], { encoding: "utf8" });
    expect(stderr).toBe("");
    expect(stdout.trim()).toBe("2.718282");
  });
});
