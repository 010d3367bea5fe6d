/**
 * One message between host and plugin as bytes: a JSON header, and behind it the numbers as they lie in memory.
 *
 * ```
 * u32 bytes of the whole │ u32 bytes of the header │ header (JSON) │ blocks, each beginning at a multiple of 8
 * ```
 *
 * In the header a block is `{"\0": [kind, count]}`, and blocks lie in the order of the header, so that none is read twice. Typed arrays arrive
 * as what they were, views of the frame and no copies; long lists of numbers or of booleans cross as blocks too and arrive as lists. What
 * arrives was written by a stranger: counts are checked, names that reach into prototypes are refused.
 *
 * @module
 */
import { badFrame } from "../errors.ts";

/** The key that marks a block: no JSON of ours has it. */
const BLOCK = "\0";
/** Lists of fewer entries are written out. */
const SHORT = 16;
/** Bytes of the two lengths. */
const LENGTHS = 8;

const text = { to: new TextEncoder(), from: new TextDecoder("utf-8", { fatal: true }) };

type Bytes = Float32Array | Float64Array | Int32Array | Uint8Array;
const arrays = { f32: Float32Array, f64: Float64Array, i32: Int32Array, u8: Uint8Array } as const;
type Kind = keyof typeof arrays | "numbers" | "booleans";

const pad = (n: number): number => Math.ceil(n / 8) * 8;

function kindOf(value: Bytes): keyof typeof arrays {
  if (value instanceof Float32Array) return "f32";
  if (value instanceof Float64Array) return "f64";
  return value instanceof Int32Array ? "i32" : "u8";
}

/** What a value crosses as, where it crosses as a block. */
function blockOf(value: unknown): [Kind, Bytes] | undefined {
  if (ArrayBuffer.isView(value)) {
    if (Object.values(arrays).some((type) => value instanceof type)) return [kindOf(value as Bytes), value as Bytes];
    throw new TypeError(
      `A ${value.constructor.name} cannot cross: use Float32Array, Float64Array, Int32Array or Uint8Array`,
    );
  }
  if (!Array.isArray(value)) return undefined;
  const long = value.length >= SHORT;
  if (value.length > 0 && value.every((v) => typeof v === "number")) {
    return long || !value.every(Number.isFinite) ? ["numbers", Float64Array.from(value)] : undefined; // JSON has no NaN
  }
  return long && value.every((v) => typeof v === "boolean") ? ["booleans", Uint8Array.from(value, Number)] : undefined;
}

/**
 * A message as bytes.
 *
 * @example
 * ```ts
 * import { decode, encode } from "@hyaline/core/sandbox";
 * const { shape, data } = decode(encode({ shape: [2], data: Float32Array.of(1, 2) })) as { shape: number[]; data: Float32Array };
 * console.assert(shape[0] === 2 && data[1] === 2);
 * ```
 */
export function encode(message: unknown): Uint8Array<ArrayBuffer> {
  const blocks: Bytes[] = [];
  let end = 0;
  const header = text.to.encode(JSON.stringify(message, (_, value) => {
    const block = blockOf(value);
    if (!block) return value;
    const [kind, bytes] = block;
    blocks.push(bytes);
    end += pad(bytes.byteLength);
    return { [BLOCK]: [kind, bytes.length] };
  }));
  const start = pad(LENGTHS + header.length), frame = new Uint8Array(start + end), view = new DataView(frame.buffer);
  view.setUint32(0, frame.length, true);
  view.setUint32(4, header.length, true);
  frame.set(header, LENGTHS);
  let at = start;
  for (const block of blocks) {
    frame.set(new Uint8Array(block.buffer, block.byteOffset, block.byteLength), at);
    at += pad(block.byteLength);
  }
  return frame;
}

/**
 * The message in a frame. Its arrays lie in the frame's memory.
 *
 * @throws BAD_FRAME for bytes that are no message
 */
export function decode(frame: Uint8Array): unknown {
  const { buffer } = frame;
  // Views begin at multiples of their entries' size, and what lies in shared memory could change after it was checked.
  if (frame.byteOffset % 8 || !(buffer instanceof ArrayBuffer)) return decode(frame.slice());
  if (frame.length < LENGTHS) throw badFrame("it is shorter than its own lengths");
  const view = new DataView(buffer, frame.byteOffset, frame.byteLength), length = view.getUint32(4, true);
  if (view.getUint32(0, true) !== frame.length) throw badFrame("it is not as long as it says");
  if (LENGTHS + length > frame.length) throw badFrame("its header is longer than the frame");
  let at = pad(LENGTHS + length);
  const read = (block: unknown): unknown => {
    const [kind, count] = (Array.isArray(block) ? block : []) as [Kind, number];
    const type = kind === "numbers" ? Float64Array : kind === "booleans" ? Uint8Array : own(arrays, kind);
    if (!type) throw badFrame(`there are no blocks of kind "${String(kind)}"`);
    const size = count * type.BYTES_PER_ELEMENT;
    if (!Number.isSafeInteger(count) || count < 0 || at + size > frame.length) {
      throw badFrame("a block reaches beyond its end");
    }
    const found = new type(buffer, frame.byteOffset + at, count);
    at += pad(size);
    return kind === "numbers" ? Array.from(found) : kind === "booleans" ? Array.from(found, Boolean) : found;
  };
  /** Puts blocks in their places. `JSON.parse` would do it too, at six times its time. */
  const fill = (value: unknown): unknown => {
    if (value === null || typeof value !== "object") return value;
    if (Object.hasOwn(value, BLOCK)) return read((value as { [BLOCK]: unknown })[BLOCK]);
    const names = value as Record<string, unknown>;
    for (const name of Object.keys(value)) {
      if (name === "__proto__") throw badFrame('the name "__proto__" may not cross');
      const inner = names[name];
      if (typeof inner === "object") names[name] = fill(inner);
    }
    return value;
  };
  try {
    return fill(JSON.parse(text.from.decode(frame.subarray(LENGTHS, LENGTHS + length))));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) throw badFrame("its header is not JSON");
    if (error instanceof RangeError) throw badFrame("its header is nested too deep");
    throw error;
  }
}

const own = <T extends object>(of: T, key: string): T[keyof T] | undefined =>
  Object.hasOwn(of, key) ? of[key as keyof T] : undefined;
