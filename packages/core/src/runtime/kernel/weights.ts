/**
 * Constants in the kernel's memory. A weight is stored once however many programs read it: as float32, as 32-bit indices, or, where
 * it is quantised, byte for byte as the file has it.
 *
 * @module
 */
import type { Constant } from "../../graph/graph.ts";
import { byteLength, numbers, size, type Tensor } from "../../graph/tensor.ts";
import type { Heap } from "./heap.ts";
import type { Storage, View } from "./view.ts";

type Form = "float32" | "int32" | "bytes";

interface Entry {
  readonly storage: Storage;
  users: number;
}

/** Elements as float32; integers and truth values too (up to 2²⁴ they are exact). */
export function floatsOf(tensor: Tensor): Float32Array {
  if (tensor.data instanceof Float32Array) return tensor.data;
  // Bytes and words as they are; the rest has to be made numbers first.
  return /^(u?int(8|16|32)|bool|float64)$/.test(tensor.dtype)
    ? new Float32Array(tensor.data as Uint8Array)
    : Float32Array.from(elementsOf(tensor));
}

/** Elements as numbers, 4-bit ones unpacked. */
export function elementsOf(tensor: Tensor): number[] {
  if (tensor.dtype !== "uint4" && tensor.dtype !== "int4") return numbers(tensor);
  const packed = tensor.data as Uint8Array, signed = tensor.dtype === "int4";
  return Array.from({ length: size(tensor.dims) }, (_, i) => {
    const nibble = (packed[i >> 1]! >> (4 * (i & 1))) & 15;
    return signed && nibble > 7 ? nibble - 16 : nibble;
  });
}

const widened = new WeakMap<Constant, Constant>();
/** A constant as float32; the same one for the same constant, so that programs share it. */
export function asFloats(of: Constant): Constant {
  const before = widened.get(of);
  if (before) return before;
  const made: Constant = {
    dtype: "float32",
    dims: of.dims,
    read: () => ({ dtype: "float32", dims: of.dims, data: floatsOf(of.read()) }),
  };
  widened.set(of, made);
  return made;
}

/** Elements of a quantised view as float32, one by one. */
export function dequantised(view: View, memory: WebAssembly.Memory): Float32Array {
  const { storage, offset, dims, steps, quantised } = view, out = new Float32Array(size(dims));
  const { kind, scale, zero, scaleSteps, block, blocks } = quantised!, four = kind === "uint4", blocked = block > 0;
  const bytes = kind === "int8" ? new Int8Array(memory.buffer, storage.at) : new Uint8Array(memory.buffer, storage.at);
  const scales = new Float32Array(memory.buffer, scale!.at), // only integers have none, and they stay bytes
    zeros = zero ? new Float32Array(memory.buffer, zero.at) : undefined;
  const at = dims.map(() => 0);
  for (let i = 0; i < out.length; i++) {
    let element = offset, s = 0;
    for (let d = 0; d < dims.length; d++) {
      element += at[d]! * steps[d]!;
      s += at[d]! * scaleSteps[d]!;
    }
    if (blocked) s = Math.floor(element / (block * blocks)) * blocks + Math.floor((element % (block * blocks)) / block);
    const q = four ? (bytes[element >> 1]! >> (4 * (element & 1))) & 15 : bytes[element]!;
    out[i] = (q - (zeros ? zeros[s]! : blocked ? (four ? 8 : 128) : 0)) * scales[s]!;
    for (let d = dims.length - 1; d >= 0 && ++at[d]! === dims[d]; d--) at[d] = 0;
  }
  return out;
}

/** Copies a constant's elements byte for byte, from the file itself where they lie there: every weight of a model passes here once. */
function copyBytes(constant: Constant, to: Uint8Array): void {
  if (constant.copy) return constant.copy(to);
  const data = constant.read().data as Uint8Array;
  to.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
}

export class Weights {
  readonly #heap: Heap;
  readonly #entries = new Map<Constant, Map<Form, Entry>>();
  /** Bytes of all weights held. */
  bytes = 0;

  constructor(heap: Heap) {
    this.#heap = heap;
  }

  get memory(): WebAssembly.Memory {
    return this.#heap.memory;
  }

  /** Where a constant lies in a form. Each call counts as one user. */
  hold(constant: Constant, form: Form): Storage {
    const forms = this.#entries.get(constant) ?? new Map<Form, Entry>();
    this.#entries.set(constant, forms);
    const before = forms.get(form);
    if (before) {
      before.users++;
      return before.storage;
    }
    const asTheyAre = form === "bytes" || form === constant.dtype,
      bytes = asTheyAre ? byteLength(constant) : 4 * size(constant.dims);
    const at = this.#heap.allocate(bytes), { buffer } = this.#heap.memory;
    if (asTheyAre) copyBytes(constant, new Uint8Array(buffer, at, bytes));
    else if (form === "int32") new Int32Array(buffer, at, bytes / 4).set(elementsOf(constant.read()));
    else new Float32Array(buffer, at, bytes / 4).set(floatsOf(constant.read()));
    const storage: Storage = { bytes, at, first: 0, last: Infinity, fixed: true };
    forms.set(form, { storage, users: 1 });
    this.bytes += bytes;
    return storage;
  }

  /** The storage of a constant that is held. */
  storage(constant: Constant, form: Form): Storage {
    return this.#entries.get(constant)!.get(form)!.storage;
  }

  /** One user less; what nobody uses is freed. */
  drop(constant: Constant, form: Form): void {
    const forms = this.#entries.get(constant), entry = forms?.get(form);
    if (!forms || !entry || --entry.users > 0) return;
    forms.delete(form);
    if (forms.size === 0) this.#entries.delete(constant);
    this.#heap.free(entry.storage.at, entry.storage.bytes);
    this.bytes -= entry.storage.bytes;
  }
}
