/**
 * The text as one word sees it: choose a word, and each other is coloured by its score in that word's row.
 *
 * @module
 */
import { decimalsFor, plain, tokenText, visible, withSign } from "@hyaline/core/render";
import type { Explanation } from "@hyaline/core/result";
import { useState } from "preact/hooks";
import { t } from "../strings/mod.ts";
import type { Cells } from "./paint.ts";
import { useStops } from "./stops.ts";
import { strongest } from "./strongest.ts";
import { tint } from "./tint.ts";

interface PairTextProps {
  readonly explanation: Explanation;
  readonly cells: Cells;
  /** Which tokens rows and columns are; all of them, in order, by default. */
  readonly rows?: readonly number[];
  readonly columns?: readonly number[];
}

export function PairText({ explanation, cells, rows, columns }: PairTextProps) {
  const { values, from, width } = cells, { tokens, signed } = explanation, all = tokens.map((_, i) => i);
  const rowOf = rows ?? all,
    columnOf = columns ?? all,
    fallback = rowOf.findLastIndex((token) => !tokens[token]!.special);
  const [row, setRow] = useState(Math.max(0, fallback)), { container, stop } = useStops<HTMLDivElement>(tokens.length);
  const start = from + row * width, scale = strongest(values, start, start + width), words = t.value.views;
  const decimals = Math.min(4, decimalsFor(scale)),
    write = (v: number): string => (signed ? withSign : plain)(v, decimals);
  const scoreOf = new Map(columnOf.map((token, c) => [token, values[start + c]!])), own = rowOf[row]!;
  const place = new Map(rowOf.map((token, r) => [token, r]));
  return (
    <div class="pair-text">
      <div
        {...container}
        class="text small numbered"
        role="group"
        aria-label={words.rowOf(visible(tokenText(explanation, own)))}
      >
        <p dir="auto">
          {tokens.map(({ special }, i) => {
            const score = scoreOf.get(i) ?? 0,
              share = score / scale,
              { onFocus, ...focus } = stop(i),
              at = place.get(i);
            return [
              i ? " " : "",
              <span
                {...focus}
                key={i}
                class={`piece${special ? " special" : ""}${i === own ? " chosen" : ""}`}
                style={tint(share) ?? {}}
                data-mark={Math.abs(share) > 0.03 ? write(score) : undefined}
                role="button"
                aria-pressed={i === own}
                aria-disabled={at === undefined}
                aria-label={`${visible(tokenText(explanation, i))}: ${write(score)}`}
                onFocus={onFocus}
                onClick={() => at !== undefined && setRow(at)}
                onKeyDown={(event) => {
                  if ((event.key === "Enter" || event.key === " ") && at !== undefined) {
                    event.preventDefault();
                    setRow(at);
                  }
                }}
              >
                {visible(tokenText(explanation, i))}
              </span>,
            ];
          })}
        </p>
      </div>
      <p class="quiet">{words.rowHint(visible(tokenText(explanation, own)))}</p>
    </div>
  );
}
