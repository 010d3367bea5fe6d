/**
 * Time and memory of an explanation against the length of the text, the number of layers, threads and targets, with fitted exponents.
 * Curves go to `bench/scaling.svg` and, where checkpoints of several depths were made, `bench/layers.svg`.
 *
 * @module
 */
import { type Measured, measured } from "./explanation.ts";
import { conditions, table } from "./measure.ts";

const LENGTHS = [16, 32, 64, 128, 256, 512, 1024, 2048], LAYERS = [2, 6, 12, 24], TARGETS = [1, 8, 64];

/** Slope of a line through (log x, log y). */
export function exponent(points: readonly (readonly [number, number])[]): number {
  const logs = points.map(([x, y]) => [Math.log(x), Math.log(y)] as const), n = logs.length;
  const mx = logs.reduce((sum, [x]) => sum + x, 0) / n, my = logs.reduce((sum, [, y]) => sum + y, 0) / n;
  return logs.reduce((sum, [x, y]) => sum + (x - mx) * (y - my), 0) / logs.reduce((sum, [x]) => sum + (x - mx) ** 2, 0);
}

type Curves = Readonly<Record<string, readonly (readonly [number, number])[]>>;

/** Curves on logarithmic axes, milliseconds against `what`. */
export function drawn(curves: Curves, what: string): string {
  const all = Object.values(curves).flat(),
    low = Math.min(...all.map(([, y]) => y)),
    high = Math.max(...all.map(([, y]) => y));
  const left = Math.min(...all.map(([x]) => x)), right = Math.max(...all.map(([x]) => x));
  const at = ([x, y]: readonly [number, number]): string =>
    `${(60 + 400 * Math.log(x / left) / Math.log(right / left)).toFixed(1)},${
      (260 - 220 * Math.log(y / low) / Math.log(high / low)).toFixed(1)
    }`;
  const colours = ["#0b6e99", "#b3541e", "#4d7c0f", "#6b21a8", "#9f1239"];
  const lines = Object.entries(curves).map(([name, points], i) =>
    `<polyline fill="none" stroke="${colours[i]}" stroke-width="2" points="${
      points.map(at).join(" ")
    }"/><text x="70" y="${30 + 16 * i}" fill="${colours[i]}">${name}</text>`
  );
  const ticks = [...new Set(all.map(([x]) => x))].map((x) =>
    `<text x="${at([x, low]).split(",")[0]}" y="280" text-anchor="middle">${x}</text>`
  );
  const scale = [low, high].map((y) =>
    `<text x="54" y="${at([left, y]).split(",")[1]}" text-anchor="end">${y.toFixed(y < 10 ? 1 : 0)}</text>`
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 500 300" font-family="sans-serif" font-size="12"><title>Time of an explanation against its ${what}</title>${
    [...lines, ...ticks, ...scale].join("")
  }<text x="260" y="297" text-anchor="middle">${what}</text><text x="12" y="150" transform="rotate(-90 12 150)" text-anchor="middle">ms</text></svg>\n`;
}

const lrp = (one: Measured) => one.methods["attnlrp"]!;
const draw = (name: string, curves: Curves, what: string): Promise<void> =>
  Deno.writeTextFile(new URL(name, import.meta.url), drawn(curves, what));

/**
 * Prints the tables and draws the curves.
 *
 * @param positions as many tokens as the checkpoint reads
 * @param checkpoints folder made by `scripts/checkpoints.py`, for the layers
 */
export async function scaling(
  model: string,
  { positions, checkpoints }: { positions: number; checkpoints?: string | undefined },
): Promise<string> {
  const where = conditions(), lengths = LENGTHS.filter((length) => length <= positions);
  const run = (path: string, how: { length: number; threads?: number; seeds?: number }) =>
    measured(path, { threads: 1, how: "quick", ...how });
  const [alone, paired]: [Measured[], Measured[]] = [[], []];
  for (const length of lengths) {
    alone.push(await run(model, { length }));
    paired.push(await run(model, { length, threads: 2 }));
  }
  const curve = (list: readonly Measured[], pick: (one: Measured) => number) =>
    list.map((one) => [one.length, pick(one)] as const);
  const backward = curve(alone, (one) => lrp(one).kernel.min), both = curve(alone, (one) => lrp(one).wholeAlone!.min);
  await draw("scaling.svg", {
    "forward, plain": curve(alone, (one) => one.forward.min),
    "forward and backward": both,
    "the same, forward on onnxruntime-web": curve(alone, (one) => lrp(one).whole.min),
    "backward": backward,
    "backward, two threads": curve(paired, (one) => lrp(one).kernel.min),
  }, "tokens");
  const rows = alone.map((one, i) => [
    `${one.length}`,
    one.forward.min,
    lrp(one).wholeAlone!.min,
    lrp(one).kernel.min,
    paired[i]!.forward.min,
    lrp(paired[i]!).wholeAlone!.min,
    lrp(paired[i]!).kernel.min,
    lrp(one).memory.working / 1e6,
  ]);
  const many: (string | number)[][] = [];
  for (const seeds of TARGETS) {
    const { kernel } = lrp(await run(model, { length: 32, seeds }));
    many.push([`${seeds}`, kernel.min, kernel.min / seeds]);
  }
  const head = ["plain forward, ms", "AttnLRP, ms", "backward, ms"];
  return [
    `## Scaling (${model.split("/").slice(-3).join("/")}, minima)`,
    where,
    table(
      ["tokens", ...head, ...head.map((text) => text.replace(", ms", ", two threads")), "planned memory, MB"],
      rows,
    ),
    `Exponents from ${lengths[0]} to ${lengths.at(-1)} tokens: time ${
      exponent(both).toFixed(2)
    }, of the backward pass ${exponent(backward).toFixed(2)}, planned memory ${
      exponent(curve(alone, (one) => lrp(one).memory.working)).toFixed(2)
    }.`,
    ...(checkpoints ? [await layers(checkpoints)] : []),
    "Targets carried in one sweep, at 32 tokens:",
    table(["targets", "backward, ms", "for each, ms"], many),
  ].join("\n\n");
}

/** The same at 128 tokens for depths of one network. */
async function layers(folder: string): Promise<string> {
  const found: { layers: number; one: Measured }[] = [];
  for (const layers of LAYERS) {
    const path = `${folder}/${layers === 6 ? "minilm" : `minilm-L${layers}`}/onnx/model.onnx`;
    found.push({ layers, one: await measured(path, { length: 128, threads: 1, how: "quick" }) });
  }
  const curve = (pick: (one: Measured) => number) => found.map(({ layers, one }) => [layers, pick(one)] as const);
  await draw("layers.svg", {
    "forward, plain": curve((one) => one.forward.min),
    "forward and backward": curve((one) => lrp(one).wholeAlone!.min),
    "backward": curve((one) => lrp(one).kernel.min),
  }, "layers");
  const rows = found.map((
    { layers, one },
  ) => [`${layers}`, one.forward.min, lrp(one).wholeAlone!.min, lrp(one).kernel.min]);
  return `Layers, at 128 tokens:\n\n${table(["layers", "plain forward, ms", "AttnLRP, ms", "backward, ms"], rows)}`;
}
