/**
 * What one explanation holds at most, beside the plain forward pass, against the length of the text.
 *
 * @module
 */
import { conditions, table } from "./measure.ts";
import { exponent } from "./scaling.ts";

interface Held {
  readonly base: number;
  readonly peak: number;
  readonly planned: number;
  readonly taps: number;
}

async function held(model: string, length: number, what: "explain" | "forward" | "kernel"): Promise<Held> {
  const script = new URL("one.ts", import.meta.url).pathname;
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    // As the tasks of deno.json run the program.
    args: ["run", "-A", "--v8-flags=--max-semi-space-size=4", script, model, `${length}`, what],
    stderr: "inherit",
  }).output();
  if (code !== 0) throw new Error(`The measurement ended with exit code ${code}`);
  return JSON.parse(new TextDecoder().decode(stdout).trim().split("\n").at(-1)!) as Held;
}

/** @param lengths as many tokens as the checkpoint has positions for */
export async function memory(model: string, lengths: readonly number[]): Promise<string> {
  const { size } = await Deno.stat(model),
    rows: string[][] = [],
    points: [number, Held][] = [],
    where = conditions();
  const mega = (bytes: number): string => (bytes / 1e6).toFixed(bytes < 1e8 ? 1 : 0);
  for (const length of lengths) {
    const alone = await held(model, length, "kernel"),
      whole = await held(model, length, "explain"),
      plain = await held(model, length, "forward");
    points.push([length, alone]);
    rows.push([
      `${length}`,
      mega(alone.taps),
      mega(alone.planned),
      mega(alone.peak - alone.base),
      `${((alone.peak - alone.base) / size).toFixed(2)} ×`,
      mega(whole.peak - whole.base),
      `${((whole.peak - whole.base) / size).toFixed(2)} ×`,
      mega(plain.peak - plain.base),
    ]);
  }
  const fit = (of: (one: Held) => number, among = points): string =>
    among.length > 1 ? exponent(among.map(([x, one]) => [x, of(one)] as const)).toFixed(2) : "–";
  return [
    `## Memory of one AttnLRP explanation (${model.split("/").slice(-3).join("/")}, ${mega(size)} MB, one thread)`,
    where,
    table(
      [
        "tokens",
        "taps, MB",
        "planned by the kernel, MB",
        "resident above the base, MB",
        "of the file",
        "forward on onnxruntime-web, MB",
        "of the file",
        "plain forward alone there, MB",
      ],
      rows,
    ),
    `Exponents: taps ${fit(({ taps }) => taps)}, planned ${fit(({ planned }) => planned)}, resident ${
      fit(({ peak, base }) => peak - base)
    }.`,
  ].join("\n\n");
}
