/**
 * What a model will take of a tab, told from the list of its files before any of it is loaded.
 *
 * @module
 */
import { chooseModel, encodeGraph, kernelSpeed, openSession, type SessionOptions } from "@hyaline/core";
import { TOKENS, type Weight } from "./estimate.ts";

/** Bytes of a tab with the kernel and no model, and how often a model's bytes lie in it; measured on the embedded ones. */
const EMPTY = 25e6, COPIES = 2.5;
/** Bytes of one weight. */
const WIDTH: Readonly<Record<string, number>> = { fp32: 4, fp16: 2, q4: 0.6, q4f16: 0.6, bnb4: 0.6 };
/** Forward passes that an explanation with its checks costs, the way back included. */
const PASSES = 8;

/** @param files bytes of each file, by path @throws FILE_MISSING where no model is among them */
export function weightOf(id: string, files: ReadonlyMap<string, number>): Weight {
  const { path, dtype } = chooseModel(id, [...files.keys()]);
  const isRead = (name: string): boolean =>
    name === path || name.startsWith(`${path}_data`) ||
    (path.includes("decoder") && /(^|\/)encoder_model\.onnx/.test(name));
  const bytes = [...files].reduce((sum, [name, size]) => sum + (isRead(name) ? size : 0), 0);
  return { bytes, dtype, weights: bytes / (WIDTH[dtype] ?? 1), memory: EMPTY + COPIES * bytes };
}

/** Seconds for an explanation of {@link TOKENS} tokens on this machine, about. */
export const secondsFor = async (weights: number, session: SessionOptions): Promise<number> =>
  (PASSES * 2 * weights * TOKENS) / (await speed(session));

const measured = new Map<SessionOptions["backend"], Promise<number>>();

/** Floating-point operations a second of what computes here, on all its threads. */
function speed(session: SessionOptions): Promise<number> {
  const { backend, threads = 1 } = session,
    found = measured.get(backend) ??
      (backend === "wasm" ? kernelSpeed().then((one) => one * threads) : runtimeSpeed(session));
  measured.set(backend, found);
  found.catch(() => measured.delete(backend));
  return found;
}

/** The best of a few products of two matrices in ONNX Runtime. */
async function runtimeSpeed(session: SessionOptions): Promise<number> {
  const side = 256, dims = [side, side], port = (name: string) => ({ name, dtype: "float32" as const, dims });
  const product = await openSession(
    encodeGraph({
      inputs: [port("x")],
      outputs: [port("y")],
      nodes: [{ op: "MatMul", domain: "", name: "m", inputs: ["x", "x"], outputs: ["y"], attributes: {} }],
      constants: new Map(),
      inFile: new Set(["y"]),
      opsets: new Map([["", 17]]),
    }),
    session,
  );
  let best = Infinity;
  for (let i = 0; i < 5; i++) {
    const from = performance.now();
    await product.run(new Map([["x", { dtype: "float32", dims, data: new Float32Array(side * side) }]]));
    best = Math.min(best, performance.now() - from);
  }
  await product.release();
  return (2 * side ** 3) / (best / 1000);
}
