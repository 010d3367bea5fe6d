/**
 * One explanation beside its plain forward pass and the peers, 1 and 2 threads.
 *
 * @module
 */
import { conditions, pair, record, table, type Timing } from "./measure.ts";

export interface Measured {
  readonly length: number;
  readonly threads: number;
  readonly seeds: number;
  readonly build: string;
  readonly forward: Timing;
  readonly methods: Readonly<
    Record<string, {
      readonly error?: number;
      readonly prepared: number;
      readonly memory: { readonly working: number; readonly weights: number };
      readonly tapped: Timing;
      readonly kernel: Timing;
      readonly ort?: Timing;
      readonly whole: Timing;
      /** The same with the backward pass on ONNX Runtime. */
      readonly wholeOrt?: Timing;
      /** Forward pass and both passes on the kernel, without ONNX Runtime. */
      readonly forwardAlone?: Timing;
      readonly wholeAlone?: Timing;
    }>
  >;
}

/** Runs `explain.ts` in a process of its own. */
export async function measured(
  model: string,
  { length, threads, seeds = 1, how }: { length: number; threads: number; seeds?: number; how?: "quick" | "native" },
): Promise<Measured> {
  const script = new URL("explain.ts", import.meta.url).pathname;
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", script, model, `${length}`, `${threads}`, `${seeds}`, ...(how ? [how] : [])],
    stderr: "inherit",
  }).output();
  if (code !== 0) throw new Error(`The measurement ended with exit code ${code}`);
  return JSON.parse(new TextDecoder().decode(stdout).trim().split("\n").at(-1)!) as Measured;
}

/** What a peer measures in a process of its own, as JSON on its last line; nothing where it does not run. */
async function peer(command: string, args: readonly string[]): Promise<Peer> {
  const { code, stdout } = await new Deno.Command(command, { args: [...args], stderr: "null" }).output()
    .catch(() => ({ code: 1, stdout: new Uint8Array() }));
  return code === 0 ? JSON.parse(new TextDecoder().decode(stdout).trim().split("\n").at(-1)!) : {};
}
type Peer = Readonly<Record<string, Timing>> & { readonly missing?: Readonly<Record<string, string>> };

const beside = (name: string): string => new URL(`peers/${name}`, import.meta.url).pathname;
/** PyTorch and LXT; `HYALINE_LXT` names a Python that has lxt and the transformers it is made for. */
const torch = (length: number, threads: number): Promise<Peer> =>
  peer(Deno.env.get("HYALINE_LXT") ?? "python3", [beside("torch_bert.py"), `${length}`, `${threads}`]);
/** jax-js has one thread. It is fetched into Deno's cache, not installed. */
const jax = (length: number): Promise<Peer> =>
  peer(Deno.execPath(), [
    "run",
    "-A",
    "--no-config",
    "--no-lock",
    "--node-modules-dir=none",
    beside("jax_block.ts"),
    `${length}`,
  ]);

/** Prints the table. */
export async function explanation(model: string, length: number): Promise<string> {
  const rows: (string | number)[][] = [], where = conditions();
  for (const threads of [1, 2]) {
    const { forward, methods, build } = await measured(model, { length, threads }),
      native = await measured(model, { length, threads, how: "native" }).catch(() => undefined),
      python = await torch(length, threads),
      block = threads === 1 ? await jax(length) : {};
    const row = (what: string, timing: Timing | undefined): void => {
      if (timing) {
        record({
          name: what,
          subject: `${model.split("/").at(-3)}, ${length} tokens, ${threads} threads`,
          median_ms: timing.median,
          min_ms: timing.min,
          ratio: timing.min / forward.min,
          peer: "onnxruntime-web, plain forward",
        });
        rows.push([
          `${threads}`,
          what,
          pair(timing),
          timing.cpu,
          `${(timing.min / forward.min).toFixed(2)} ×`,
          `${(timing.cpu / forward.cpu).toFixed(2)} ×`,
        ]);
      }
    };
    row("onnxruntime-web, plain forward", forward);
    for (const [name, one] of Object.entries(methods)) {
      row(`**Hyaline ${name}**, both passes on the kernel (${build}; the default)`, one.wholeAlone);
      row(`— forward on the kernel, with its taps`, one.forwardAlone);
      row(`— backward on the kernel (differs from ONNX Runtime by ${(one.error ?? 0).toExponential(1)})`, one.kernel);
      row(`Hyaline ${name}, forward on onnxruntime-web (--backend wasm)`, one.whole);
      row(`— forward with its taps`, one.tapped);
      row(`— backward on onnxruntime-web (--executor onnxruntime)`, one.ort);
    }
    row("onnxruntime-node, plain forward", native?.forward);
    for (const [name, one] of Object.entries(native?.methods ?? {})) {
      row(`Hyaline ${name}, forward on onnxruntime-node, backward on the kernel`, one.whole);
      row(`Hyaline ${name}, both on onnxruntime-node (--backend native)`, one.wholeOrt);
    }
    row("PyTorch, forward (a BERT of MiniLM-L6's size)", python["forward"]);
    row("PyTorch, forward + backward", python["gradient"]);
    row("LXT AttnLRP on PyTorch", python["lxt"]);
    if (python.missing) rows.push([`${threads}`, `LXT: ${python.missing["lxt"]}`, "—", "—", "—", "—"]);
    row("jax-js on wasm, grad of one such layer (times six is the model)", block["gradient"]);
  }
  return [
    `## One explanation at ${length} tokens (${model.split("/").slice(-3).join("/")})`,
    where,
    table(
      ["threads", "what", "min / median, ms", "processor time, ms", "of the plain forward", "by processor time"],
      rows,
    ),
  ].join("\n\n");
}
