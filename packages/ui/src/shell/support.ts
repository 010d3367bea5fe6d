/**
 * What this browser can do.
 *
 * @module
 */

/** A function that makes a vector: `v128.const 0`, dropped. Engines without SIMD refuse it. */
const vector = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0], // a module, version 1
  ...[1, 4, 1, 96, 0, 0, 3, 2, 1, 0], // one function, nothing in, nothing out
  ...[10, 23, 1, 21, 0, 253, 12, ...new Array<number>(16).fill(0), 26, 11], // its body
);

export const support = {
  simd: WebAssembly.validate(vector),
  /** More than one only where the page is isolated from other origins. */
  threads: globalThis.crossOriginIsolated ? Math.min(4, navigator.hardwareConcurrency || 1) : 1,
  webgpu: "gpu" in navigator && !!navigator.gpu,
};
