/**
 * Time and memory of an explanation against the length of the text and the number of targets, with the fitted exponents.
 * Curves go to `bench/scaling.svg`.
 *
 * @module
 */
import { type Measured, measured } from "./explanation.ts";
import { conditions, table } from "./measure.ts";

const LENGTHS = [16, 32, 64, 128, 256, 512], TARGETS = [1, 8, 64];

/** Slope of a line through (log x, log y). */
export function exponent(points: readonly (readonly [number, number])[]): number {
  const logs = points.map(([x, y]) => [Math.log(x), Math.log(y)] as const), n = logs.length;
  const mx = logs.reduce((sum, [x]) => sum + x, 0) / n, my = logs.reduce((sum, [, y]) => sum + y, 0) / n;
  return logs.reduce((sum, [x, y]) => sum + (x - mx) * (y - my), 0) / logs.reduce((sum, [x]) => sum + (x - mx) ** 2, 0);
}

/** Curves on logarithmic axes. */
export function drawn(curves: Readonly<Record<string, readonly (readonly [number, number])[]>>): string {
  const all = Object.values(curves).flat(),
    low = Math.min(...all.map(([, y]) => y)),
    high = Math.max(...all.map(([, y]) => y));
  const left = Math.min(...all.map(([x]) => x)), right = Math.max(...all.map(([x]) => x));
  const at = ([x, y]: readonly [number, number]): string =>
    `${(60 + 400 * Math.log(x / left) / Math.log(right / left)).toFixed(1)},${
      (260 - 220 * Math.log(y / low) / Math.log(high / low)).toFixed(1)
    }`;
  const colours = ["#0b6e99", "#b3541e", "#4d7c0f", "#6b21a8"];
  const lines = Object.entries(curves).map(([name, points], i) =>
    `<polyline fill="none" stroke="${colours[i]}" stroke-width="2" points="${
      points.map(at).join(" ")
    }"/><text x="70" y="${30 + 16 * i}" fill="${colours[i]}">${name}</text>`
  );
  const ticks = LENGTHS.map((x) => `<text x="${at([x, low]).split(",")[0]}" y="280" text-anchor="middle">${x}</text>`);
  const scale = [low, high].map((y) =>
    `<text x="54" y="${at([left, y]).split(",")[1]}" text-anchor="end">${y.toFixed(y < 10 ? 1 : 0)}</text>`
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 500 300" font-family="sans-serif" font-size="12"><title>Time of an explanation against its length</title>${
    [...lines, ...ticks, ...scale].join("")
  }<text x="260" y="297" text-anchor="middle">tokens</text><text x="12" y="150" transform="rotate(-90 12 150)" text-anchor="middle">ms</text></svg>\n`;
}

/** Prints the tables and draws the curves. */
export async function scaling(model: string): Promise<string> {
  const where = conditions(), found: Measured[] = [];
  for (const length of LENGTHS) found.push(await measured(model, { length, threads: 1, quick: true }));
  const lrp = (one: Measured) => one.methods["attnlrp"]!,
    of = (pick: (one: Measured) => number) => found.map((one) => [one.length, pick(one)] as const);
  const curves = {
    "forward, plain": of((one) => one.forward.cpu),
    "forward with taps + backward on the kernel": of((one) => lrp(one).tapped.cpu + lrp(one).kernel.cpu),
    "backward on the kernel": of((one) => lrp(one).kernel.cpu),
  };
  await Deno.writeTextFile(new URL("scaling.svg", import.meta.url), drawn(curves));
  const rows = found.map((
    one,
  ) => [
    one.length,
    one.forward.cpu,
    lrp(one).whole.cpu,
    lrp(one).kernel.cpu,
    lrp(one).memory.working / 1e6,
    one.rss / 1e6,
  ]);
  const targets: Measured[] = [];
  for (const seeds of TARGETS) targets.push(await measured(model, { length: 32, threads: 1, seeds, quick: true }));
  const many = targets.map((one) => [one.seeds, lrp(one).kernel.cpu, lrp(one).kernel.cpu / one.seeds]);
  return [
    `## Scaling (${model.split("/").slice(-3).join("/")}, one thread, processor time of the best run)`,
    where,
    table(
      ["tokens", "plain forward, ms", "AttnLRP, ms", "kernel backward, ms", "planned memory, MB", "process, MB"],
      rows,
    ),
    `Exponents: time of the backward pass ${exponent(curves["backward on the kernel"]).toFixed(2)}, planned memory ${
      exponent(of((one) => lrp(one).memory.working)).toFixed(2)
    } (from ${LENGTHS[0]} to ${LENGTHS.at(-1)} tokens).`,
    "Targets carried in one sweep, at 32 tokens:",
    table(["targets", "backward, ms", "for each, ms"], many),
  ].join("\n\n");
}
