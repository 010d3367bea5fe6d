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
  readonly rss: number;
  readonly methods: Readonly<
    Record<string, {
      readonly error?: number;
      readonly prepared: number;
      readonly memory: { readonly working: number; readonly weights: number };
      readonly tapped: Timing;
      readonly kernel: Timing;
      readonly ort?: Timing;
      readonly whole: Timing;
    }>
  >;
}

/** Runs `explain.ts` in a process of its own. */
export async function measured(
  model: string,
  { length, threads, seeds = 1, quick = false }: { length: number; threads: number; seeds?: number; quick?: boolean },
): Promise<Measured> {
  const script = new URL("explain.ts", import.meta.url).pathname;
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", script, model, `${length}`, `${threads}`, `${seeds}`, ...(quick ? ["quick"] : [])],
    stderr: "inherit",
  }).output();
  if (code !== 0) throw new Error(`The measurement ended with exit code ${code}`);
  return JSON.parse(new TextDecoder().decode(stdout).trim().split("\n").at(-1)!) as Measured;
}

/** What a peer in Python measures, or why it did not. */
async function torch(
  length: number,
  threads: number,
): Promise<Record<string, Timing> & { missing?: Record<string, string> }> {
  const script = new URL("peers/torch_bert.py", import.meta.url).pathname;
  const { code, stdout } = await new Deno.Command("python3", {
    args: [script, `${length}`, `${threads}`],
    stderr: "null",
  }).output().catch(() => ({ code: 1, stdout: new Uint8Array() }));
  return code === 0 ? JSON.parse(new TextDecoder().decode(stdout).trim().split("\n").at(-1)!) : {};
}

/** Prints the table. */
export async function explanation(model: string, length: number): Promise<string> {
  const rows: (string | number)[][] = [], where = conditions();
  for (const threads of [1, 2]) {
    const { forward, methods, build } = await measured(model, { length, threads }), peer = await torch(length, threads);
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
          threads,
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
      row(`Hyaline ${name}, forward + backward on the kernel (${build})`, one.whole);
      row(`— forward with its taps`, one.tapped);
      row(`— backward on the kernel (differs from ONNX Runtime by ${(one.error ?? 0).toExponential(1)})`, one.kernel);
      row(`— backward on onnxruntime-web`, one.ort);
    }
    row("PyTorch, forward (a BERT of MiniLM-L6's size)", peer["forward"]);
    row("PyTorch, forward + backward", peer["gradient"]);
    row("LXT AttnLRP on PyTorch", peer["lxt"]);
    if (peer.missing) rows.push([threads, `LXT: ${peer.missing["lxt"]}`, "—", "—", "—", "—"]);
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
