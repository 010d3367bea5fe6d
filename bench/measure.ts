/**
 * Timing and tables.
 *
 * @module
 */
import { loadavg } from "node:os";
import process from "node:process";

export interface Timing {
  /** Milliseconds. */
  readonly min: number;
  readonly median: number;
  /** Processor time of the best run: what it would take alone on the machine, where one thread works. Says nothing about several. */
  readonly cpu: number;
  readonly samples: number;
}

/** Times `run` at least `least` times and at least `budget` milliseconds long; the first calls warm the engine up and do not count. */
export async function timed(
  run: () => unknown,
  { budget = 1000, warm = 3, least = 10 }: { budget?: number; warm?: number; least?: number } = {},
): Promise<Timing> {
  for (let i = 0; i < warm; i++) await run();
  const samples: number[] = [];
  let cpu = Infinity;
  const end = performance.now() + budget;
  while (samples.length < least || (performance.now() < end && samples.length < 2000)) {
    const start = performance.now(), before = process.cpuUsage();
    await run();
    samples.push(performance.now() - start);
    const { user, system } = process.cpuUsage(before);
    cpu = Math.min(cpu, (user + system) / 1000);
  }
  samples.sort((a, b) => a - b);
  return { min: samples[0]!, median: samples[samples.length >> 1]!, cpu, samples: samples.length };
}

/** What every table says about where it was measured. */
export const conditions = (): string =>
  `${new Date().toISOString().slice(0, 10)}, ${navigator.hardwareConcurrency} cores, ${
    Deno.version.deno ? `Deno ${Deno.version.deno}, V8 ${Deno.version.v8}` : ""
  }, load average ${loadavg()[0]!.toFixed(1)} at the start`;

/** A Markdown table. */
export function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const line = (cells: readonly (string | number)[]): string =>
    `| ${cells.map((cell) => typeof cell === "number" ? round(cell) : cell).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

const round = (value: number): string =>
  value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);

export const pair = ({ min, median }: Pick<Timing, "min" | "median">): string => `${round(min)} / ${round(median)}`;

/** One measured figure, for machines. */
export interface Figure {
  readonly name: string;
  readonly subject: string;
  readonly median_ms: number;
  readonly min_ms: number;
  /** Our time over the peer's, of the minima. */
  readonly ratio: number;
  readonly peer: string;
}

const recorded: Figure[] = [];
/** Keeps a figure for `--json`. */
export const record = (figure: Figure): void => void recorded.push(figure);
export const figures = (): readonly Figure[] => recorded;
