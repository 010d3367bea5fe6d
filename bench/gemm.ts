/**
 * GEMM of the kernel against ONNX Runtime Web, one thread, and against the machine's peak of 128-bit multiply-adds.
 *
 * Weights are those of MiniLM (384 and 1536 wide) and of a 576-wide Llama block; both directions a backward pass needs.
 *
 * @module
 */
import { type Build, compile, hasRelaxedSimd, initSync } from "@hyaline/assembly";
import { constant, encodeGraph, openSession, type Tensor } from "@hyaline/core";
import { conditions, table, timed, type Timing } from "./measure.ts";

const WEIGHTS = [[384, 384], [384, 1536], [1536, 384], [576, 1536]] as const;
const ROWS = [16, 64, 128, 512] as const;

/** One thread's best time: on the wall, or on the processor where others had it in between. */
const best = ({ min, cpu }: Timing): number => Math.min(min, cpu || min);

interface Kernel {
  readonly fp32: (m: number) => () => void;
  readonly transposed: (m: number) => () => void;
  readonly int8: (m: number) => () => void;
  readonly q4: (m: number) => () => void;
  readonly integers: (m: number) => () => void;
}

/** One weight in three precisions, and as integers, beside operands for the largest number of rows. */
async function kernelOf(build: Build, k: number, n: number): Promise<Kernel> {
  const memory = new WebAssembly.Memory({ initial: 1600, maximum: 65536 });
  const x = initSync({ module: await compile({ build }), memory });
  let top = 1024;
  const place = (bytes: number): number => {
    const at = top;
    top += Math.ceil(bytes / 64) * 64;
    return at;
  };
  const floats = (count: number, scale = 1): number => {
    const at = place(count * 4), view = new Float32Array(memory.buffer, at, count);
    for (let i = 0; i < count; i++) view[i] = scale * (Math.random() - 0.5);
    return at;
  };
  const words = (values: readonly number[]): number => {
    const at = place(values.length * 4);
    new Int32Array(memory.buffer, at, values.length).set(values);
    return at;
  };
  const most = ROWS.at(-1)!,
    a = floats(most * Math.max(k, n)),
    w = floats(k * n),
    c = floats(most * Math.max(k, n)),
    scratch = place(x.gemm_scratch_bytes()),
    form = x.integer_form(scratch);
  const bytes = place(k * n), view = new Uint8Array(memory.buffer, bytes, k * n);
  crypto.getRandomValues(view.subarray(0, 65536));
  view.copyWithin(65536, 0, k * n - 65536);
  const int8 = words([1, bytes, n, 1, floats(n, 0.01), 0, 0, 1, 0, 0]), blocks = k / 32;
  const whole = floats(most * k), levels = new Float32Array(memory.buffer, whole, most * k);
  for (let i = 0; i < levels.length; i++) levels[i] = i * 77 % 256;
  const q4 = words([3, bytes, 1, 0, floats(n * blocks, 0.01), 0, 0, 0, 32, blocks]);
  return {
    fp32: (m) => () => x.gemm_f32_8x12(m, n, k, a, k, 1, w, n, 1, c, n, 1, 0, 0, scratch),
    transposed: (m) => () => x.gemm_f32_8x12(m, k, n, a, n, 1, w, 1, n, c, k, 1, 0, 0, scratch),
    int8: (m) => () => x.gemm_quantized_8x12(m, n, k, a, k, 1, int8, 0, c, n, 1, 0, 0, scratch),
    q4: (m) => () => x.gemm_quantized_8x12(m, n, k, a, k, 1, q4, 0, c, n, 1, 0, 0, scratch),
    integers: (m) => () => x.gemm_integer_8x12(form, m, n, k, whole, k, 1, 0, 0, int8, 0, c, n, 0, 0, 0, scratch),
  };
}

/** Twelve accumulators that never touch memory: what 128-bit multiply-adds can give here. */
async function peak(build: Build): Promise<number> {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 65536 });
  const x = initSync({ module: await compile({ build }), memory }), rounds = 400_000;
  return rounds * 12 * 8 / best(await timed(() => x.madd_peak_f32(rounds, 1024))) / 1e6;
}

async function runtime(m: number, k: number, n: number): Promise<number> {
  const data = Float32Array.from({ length: k * n }, () => Math.random() - 0.5), float = { dtype: "float32" as const };
  const node = { op: "MatMul", domain: "", name: "product", inputs: ["a", "w"], outputs: ["c"], attributes: {} };
  const graph = {
    inputs: [{ name: "a", ...float, dims: [m, k] }],
    outputs: [{ name: "c", ...float, dims: [m, n] }],
    nodes: [node],
    constants: new Map([["w", constant({ ...float, dims: [k, n], data })]]),
    inFile: new Set(["c"]),
    opsets: new Map([["", 21]]),
  };
  const session = await openSession(encodeGraph(graph), { backend: "wasm", threads: 1 });
  const a: Tensor = { ...float, dims: [m, k], data: Float32Array.from({ length: m * k }, () => Math.random() - 0.5) },
    feeds = new Map([["a", a]]);
  const time = best(await timed(() => session.run(feeds), { budget: 700 }));
  await session.release();
  return 2 * m * k * n / time / 1e6;
}

/** Prints the table. */
export async function gemm(): Promise<string> {
  const builds: Build[] = hasRelaxedSimd() ? ["relaxed", "simd"] : ["simd"], rows: (string | number)[][] = [];
  const peaks: number[] = [], ratios: number[] = [];
  for (const build of builds) peaks.push(await peak(build)); // one after the other: two at once would time each other
  for (const [k, n] of WEIGHTS) {
    const [kernel, plain] = await Promise.all([kernelOf(builds[0]!, k, n), kernelOf("simd", k, n)]);
    for (const m of ROWS) {
      const times = Math.ceil(1e8 / (2 * m * k * n)); // a millisecond or more: clocks of the processor are no finer
      const often = (run: () => void) => () => {
        for (let i = 0; i < times; i++) run();
      };
      const rate = async (run: () => void): Promise<number> =>
        2 * m * k * n * times / best(await timed(often(run), { budget: 300 })) / 1e6;
      const peer = await runtime(m, k, n), fp32 = await rate(kernel.fp32(m));
      ratios.push(fp32 / peer);
      rows.push([
        `${m} × ${k} × ${n}`,
        fp32,
        await rate(kernel.transposed(m)),
        await rate(plain.fp32(m)),
        await rate(kernel.int8(m)),
        await rate(kernel.q4(m)),
        await rate(kernel.integers(m)),
        await rate(plain.integers(m)),
        peer,
        `${(fp32 / peer).toFixed(2)} ×`,
        `${(100 * fp32 / peaks[0]!).toFixed(0)} %`,
      ]);
    }
  }
  const head = [
    "m × k × n",
    `fp32 A·B (${builds[0]})`,
    "fp32 A·Bᵀ",
    "fp32 A·B (simd)",
    "int8",
    "q4, blocks of 32",
    "integers",
    "integers (simd)",
    "onnxruntime-web",
    "fp32 against it",
    "of the peak",
  ];
  ratios.sort((a, b) => a - b);
  return [
    "## GEMM, one thread, GFLOPS (best of many short runs)",
    conditions(),
    `Peak of 128-bit multiply-adds without memory traffic: ${
      builds.map((build, i) => `${peaks[i]!.toFixed(1)} (${build})`).join(", ")
    } GFLOPS. Against onnxruntime-web: at least ${ratios[0]!.toFixed(2)} ×, median ${
      ratios[ratios.length >> 1]!.toFixed(2)
    } ×.`,
    table(head, rows),
  ].join("\n\n");
}
