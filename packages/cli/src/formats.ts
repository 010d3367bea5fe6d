/**
 * Output formats of `hyaline explain`: those that can be written text by text are, the others at the end.
 *
 * @module
 */
import type { Explanation } from "@hyaline/core/result";
import type { Output } from "./output.ts";

export const formats = ["text", "json", "jsonl", "csv", "html", "svg"] as const;
export type Format = (typeof formats)[number];

export interface FormatOptions {
  readonly colour: "none" | "ansi256" | "truecolour";
  readonly width: number;
  readonly locale: string;
}

/** Takes the explanations of one input after the other. */
export interface Writer {
  /** Explanations of one input. */
  add(explanations: readonly Explanation[]): Promise<void>;
  /** Nothing more comes. */
  end(): Promise<void>;
}

/** A writer of a format into an output. JSON is an object for one explanation and an array for several. */
export async function writerOf(
  format: Format,
  output: Output,
  { colour, width, locale }: FormatOptions,
): Promise<Writer> {
  const render = () => import("@hyaline/core/render");
  const nothing = () => Promise.resolve();
  const line = (value: unknown) => JSON.stringify(value) + "\n";
  if (format === "text") {
    const { renderText } = await render();
    return { add: (explanations) => output.write(renderText(explanations, { colour, width, locale })), end: nothing };
  }
  if (format === "jsonl") {
    return { add: (explanations) => output.write(explanations.map(line).join("")), end: nothing };
  }
  const all: Explanation[] = [];
  const whole: Record<Exclude<Format, "text" | "jsonl">, () => string | Promise<string>> = {
    json: () =>
      all.length === 1
        ? JSON.stringify(all[0], null, 1) + "\n"
        : `[\n${all.map((e) => JSON.stringify(e)).join(",\n")}\n]\n`,
    csv: async () => (await render()).renderCsv(all),
    html: async () => (await render()).renderHtml(all, { locale }),
    svg: async () => (await render()).renderSvg(all, { locale }),
  };
  return {
    add(explanations) {
      all.push(...explanations);
      return nothing();
    },
    end: async () => all.length ? output.write(await whole[format]()) : nothing(),
  };
}
