// The relevance kernel in the shape of wasm-pack's web target. The build appends one function for each export.
// deno-lint-ignore no-unused-vars
let wasm;

/** `import "env" "memory"` and the two bytes before the limits: the flag that follows says whether the memory is shared. */
const IMPORT = [3, 0x65, 0x6e, 0x76, 6, 0x6d, 0x65, 0x6d, 0x6f, 0x72, 0x79, 2];

/** The same module for a shared memory: the import's limits differ in one bit, the code in nothing. */
function forShared(bytes) {
  const copy = Uint8Array.from(bytes);
  const at = copy.findIndex((_, i) => IMPORT.every((byte, j) => copy[i + j] === byte));
  if (at < 0) throw new Error('The kernel does not import "env.memory"');
  copy[at + IMPORT.length] |= 2;
  return copy;
}

/** A function that multiplies and adds in one relaxed instruction: `f32x4.relaxed_madd` of three parameters. */
const PROBE = Uint8Array.of(
  0,
  97,
  115,
  109,
  1,
  0,
  0,
  0,
  1,
  8,
  1,
  96,
  3,
  123,
  123,
  123,
  1,
  123,
  3,
  2,
  1,
  0,
  10,
  13,
  1,
  11,
  0,
  32,
  0,
  32,
  1,
  32,
  2,
  253,
  133,
  2,
  11,
);

/** Whether this engine has relaxed SIMD. */
export function hasRelaxedSimd() {
  return WebAssembly.validate(PROBE);
}

/** Where the two builds lie. */
export const builds = {
  simd: new URL("relevance_bg.wasm", import.meta.url),
  relaxed: new URL("relevance_relaxed_bg.wasm", import.meta.url),
};

function bytesOf(source) {
  return source instanceof Uint8Array
    ? source
    : ArrayBuffer.isView(source)
    ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
    : new Uint8Array(source);
}

async function load(input) {
  if (
    typeof input === "string" || input instanceof URL || (typeof Request === "function" && input instanceof Request)
  ) {
    const url = input instanceof URL ? input : typeof input === "string" ? new URL(input, import.meta.url) : input;
    if (url instanceof URL && url.protocol === "file:") {
      const { readFile } = await import(/* @vite-ignore */ "node:fs/promises");
      return await readFile(url);
    }
    input = await fetch(url);
  }
  if (typeof Response === "function" && input instanceof Response) {
    if (!input.ok) throw new Error(`Cannot load the kernel: ${input.status} ${input.statusText}`);
    return await input.arrayBuffer();
  }
  return input;
}

function options(input) {
  const plain = input !== null && typeof input === "object" && Object.getPrototypeOf(input) === Object.prototype;
  return plain ? input : { module_or_path: input };
}

/** Compiles a build for a private or a shared memory; the module can be posted to workers. */
export async function compile({ module_or_path, build, shared = false } = {}) {
  const source = await load(await (module_or_path ?? builds[build ?? (hasRelaxedSimd() ? "relaxed" : "simd")]));
  const bytes = bytesOf(source);
  return await WebAssembly.compile(shared ? forShared(bytes) : bytes);
}

const isShared = (memory) => typeof SharedArrayBuffer === "function" && memory?.buffer instanceof SharedArrayBuffer;

function instantiate(module, memory) {
  memory ??= new WebAssembly.Memory({ initial: 1, maximum: 65536 });
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  return { ...exports, memory };
}

/** Instantiates at once, from bytes or a compiled module; the named functions work from then on. */
export function initSync(input) {
  const { module, memory } =
    input instanceof WebAssembly.Module || ArrayBuffer.isView(input) || input instanceof ArrayBuffer
      ? { module: input }
      : input;
  const compiled = module instanceof WebAssembly.Module
    ? module
    : new WebAssembly.Module(isShared(memory) ? forShared(bytesOf(module)) : bytesOf(module));
  return wasm = instantiate(compiled, memory);
}

/** Loads the build this engine runs best, or the given one; the named functions work from then on. */
export default async function init(input) {
  const { module_or_path, memory } = options(input);
  const source = await module_or_path;
  const module = source instanceof WebAssembly.Module
    ? source
    : await compile({ module_or_path: source, shared: isShared(memory) });
  return wasm = instantiate(module, memory);
}
