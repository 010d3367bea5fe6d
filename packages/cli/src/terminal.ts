/**
 * What the terminal at hand can show.
 *
 * @module
 */
import type { ColourDepth } from "@hyaline/core/render";
import type { Io, Sink } from "./io.ts";

/** FORCE_COLOR before NO_COLOR before what the terminal says of itself; nothing for a file or a pipe. */
export function colourDepth(sink: Sink, env: Io["env"]): ColourDepth {
  const forced = env.FORCE_COLOR;
  if (forced !== undefined) {
    return forced === "0" || forced === "false" ? "none" : forced === "3" ? "truecolour" : "ansi256";
  }
  if (env.NO_COLOR || !sink.isTTY || env.TERM === "dumb") return "none";
  return /^(truecolor|24bit)$/.test(env.COLORTERM ?? "") ? "truecolour" : "ansi256";
}

/** Cells of a line: the terminal's, `COLUMNS`, or 80; wide terminals are not filled, since long lines read badly. */
export const lineWidth = (sink: Sink, env: Io["env"]): number =>
  Math.min(120, sink.columns ?? (Number(env.COLUMNS) || 80));
