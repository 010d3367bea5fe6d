/**
 * Steps the kernel has no function for, run by ONNX Runtime one operator at a time.
 *
 * @module
 */
import { encodeGraph } from "../../onnx/encode.ts";
import type { Data, DType, Tensor, TensorType } from "../../graph/tensor.ts";
import { halfToNumber, size } from "../../graph/tensor.ts";
import type { Program, Step } from "../../program/program.ts";
import { programGraph } from "../ort/program_graph.ts";
import { apart } from "../ort/weights.ts";
import { openSession, type Session, type SessionOptions } from "../session.ts";

/** A session that computes one step; constants of the program are inside it. */
export async function foreignSession(program: Program, step: Step, options: SessionOptions): Promise<Session> {
  const inputs = [...new Set(step.inputs)].filter((name) => name !== "" && !program.constants.has(name));
  const part: Program = {
    ...program,
    taps: inputs,
    steps: [step],
    constants: new Map([...program.constants].filter(([name]) => step.inputs.includes(name))),
    cotangents: new Map(),
    values: new Map(),
    ledger: [],
  };
  const graph = programGraph(part, { fusedMatMul: options.backend !== "webgpu" });
  const port = (name: string) => ({ name, ...program.types.get(name)! });
  const whole = { ...graph, inputs: inputs.map(port), outputs: step.outputs.filter(Boolean).map(port) };
  const { graph: light, externalData } = apart(whole);
  return await openSession(encodeGraph(light), { ...options, externalData });
}

/** A tensor of the kernel (numbers as float32) in the type the program gives it. */
export function typed({ dtype, dims }: TensorType, values: Float32Array): Tensor {
  const make: Partial<Record<DType, (from: Float32Array) => Data>> = {
    float32: (v) => v.slice(),
    float64: (v) => Float64Array.from(v),
    bool: (v) => Uint8Array.from(v),
    uint8: (v) => Uint8Array.from(v),
    int8: (v) => Int8Array.from(v),
    uint16: (v) => Uint16Array.from(v),
    int16: (v) => Int16Array.from(v),
    uint32: (v) => Uint32Array.from(v),
    int32: (v) => Int32Array.from(v),
    int64: (v) => BigInt64Array.from(v, (x) => BigInt(Math.trunc(x))),
    uint64: (v) => BigUint64Array.from(v, (x) => BigInt(Math.trunc(x))),
  };
  return { dtype, dims, data: (make[dtype] ?? make.float32!)(values) };
}

/** Writes a tensor's elements as float32. */
export function writeFloats(target: Float32Array, { dtype, data, dims }: Tensor): void {
  if (data instanceof Float32Array) return target.set(data);
  if (dtype === "float16") return (data as Uint16Array).forEach((bits, i) => (target[i] = halfToNumber(bits)));
  const values = data as ArrayLike<number | bigint>;
  for (let i = 0; i < size(dims); i++) target[i] = Number(values[i]);
}
