/**
 * How fast this machine multiplies: what estimates of time are made from.
 *
 * @module
 */
import { kernelMissing } from "../../errors.ts";

/** Rows, columns and depth of the product that is timed: one block of a small transformer. */
const M = 64, N = 384, K = 384;
/** Milliseconds it is repeated for. */
const SPAN = 20;

/**
 * Floating-point operations a second of one thread of the kernel, measured for about 20 ms.
 *
 * @throws KERNEL_MISSING where the kernel was not built or the engine has no SIMD
 */
export async function kernelSpeed(): Promise<number> {
  const { compile, hasRelaxedSimd, initSync } = await import("@hyaline/assembly").catch((cause: unknown) => {
    throw kernelMissing(cause);
  });
  const memory = new WebAssembly.Memory({ initial: 64, maximum: 65536 });
  const build = hasRelaxedSimd() ? "relaxed" as const : "simd" as const;
  const kernel = initSync({ module: await compile({ build }), memory });
  const a = 65536, b = a + 4 * M * K, c = b + 4 * K * N, scratch = c + 4 * M * N;
  memory.grow(Math.max(0, Math.ceil((scratch + kernel.gemm_scratch_bytes()) / 65536) - 64));
  const product = () => kernel.gemm_f32_8x12(M, N, K, a, K, 1, b, N, 1, c, N, 1, 0, 0, scratch);
  const started = performance.now();
  let best = Infinity;
  for (let now = started; now - started < SPAN;) { // the shortest: others may have the processor in between
    product();
    const after = performance.now();
    best = Math.min(best, after - now);
    now = after;
  }
  return 2 * M * N * K / (best / 1000);
}
