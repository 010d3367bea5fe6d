/**
 * Runs of tokens, nested or not: the text with the run under the pointer marked, and each run with its score.
 *
 * @module
 */
import { decimalsFor, plain, tokenText, visible, withSign } from "@hyaline/core/render";
import { useState } from "preact/hooks";
import { say } from "../strings/mod.ts";
import { Legend } from "./legend.tsx";
import { Bar } from "./bar.tsx";
import { strongest } from "./strongest.ts";
import { tint } from "./tint.ts";
import type { ViewProps } from "./view.tsx";

export function Spans({ explanation }: ViewProps<"span-scores">) {
  const { signed, tokens, data: { spans } } = explanation, scale = strongest(spans.map(({ score }) => score));
  const [only, setOnly] = useState<number | undefined>(),
    write = (v: number) => (signed ? withSign : plain)(v, decimalsFor(scale));
  /** Of runs that hold a token the shortest one speaks for it. */
  const nearest = tokens.map((_, i) =>
    spans.filter(({ start, end }, k) => start <= i && i < end && (only === undefined || k === only))
      .sort((a, b) => a.end - a.start - (b.end - b.start))[0]
  );
  return (
    <div class="spans">
      <p class="text" dir="auto">
        {tokens.map(({ special }, i) => [
          i ? " " : "",
          <span
            key={i}
            class={special ? "piece special" : "piece"}
            style={tint((nearest[i]?.score ?? 0) / scale) ?? {}}
          >
            {visible(tokenText(explanation, i))}
          </span>,
        ])}
      </p>
      <table class="bars" onPointerLeave={() => setOnly(undefined)}>
        <thead>
          <tr>
            <th scope="col">{say.value.span}</th>
            <th scope="col">{say.value.score}</th>
            <td aria-hidden="true"></td>
          </tr>
        </thead>
        <tbody>
          {spans.map(({ text, score }, i) => (
            <tr key={i} onPointerEnter={() => setOnly(i)}>
              <th scope="row">{visible(text.trim()) || "·"}</th>
              <td>{write(score)}</td>
              <td aria-hidden="true">
                <Bar share={score / scale} signed={signed} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <Legend signed={signed} />
    </div>
  );
}
