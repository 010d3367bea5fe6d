/**
 * The model view: every head of every layer as a small picture, one of them enlarged below.
 *
 * @module
 */
import { gridMatrices, visible } from "@hyaline/core/render";
import type { ExplanationOf } from "@hyaline/core/result";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { say, t } from "../strings/mod.ts";
import { Heatmap } from "./heatmap.tsx";
import { HeadLines } from "./head_lines.tsx";
import { layerNames } from "./layer_names.ts";
import { Legend } from "./legend.tsx";
import { PairText } from "./pair_text.tsx";
import { type Cells, paint } from "./paint.ts";
import { useStops } from "./stops.ts";
import { strongest } from "./strongest.ts";
import { theme } from "./theme.ts";

export function Heads({ explanation }: { explanation: ExplanationOf<"layer-head-grid"> }) {
  const { signed, data: { values, shape, axes } } = explanation, matrices = gridMatrices(explanation, say.value);
  const [height, width] = shape.slice(-2) as [number, number], across = shape.length === 4 ? shape[1]! : 1;
  const [chosen, choose] = useState(matrices.length - across), words = t.value.views;
  const { container, stop } = useStops<HTMLDivElement>(matrices.length, { across });
  const layers = layerNames(axes[0]!.labels, shape[0]!);
  const nameOf = (i: number): string =>
    shape.length === 4
      ? `${layers[Math.floor(i / across)]} · ${say.value.head} ${
        visible(axes[1]!.labels?.[i % across] ?? `${i % across}`)
      }`
      : axes[0]!.name === "layer"
      ? layers[i]!
      : `${say.value[axes[0]!.name]} ${i}`;
  const cellsOf = (i: number): Cells => ({ values, from: i * height * width, height, width });
  const { matrix, title } = matrices[chosen]!,
    cells = cellsOf(chosen),
    rows = matrix.rows.map(visible),
    columns = matrix.columns.map(visible);
  return (
    <div class="heads">
      <p class="quiet">{words.headsHint}</p>
      <div
        {...container}
        class="multiples"
        role="group"
        aria-label={words.allHeads}
        style={{ "--across": `${across}` }}
      >
        {matrices.map((_, i) => {
          const { onFocus, ...focus } = stop(i);
          return (
            <button
              {...focus}
              key={i}
              type="button"
              aria-pressed={i === chosen}
              onFocus={onFocus}
              onClick={() => choose(i)}
              title={matrices[i]!.title.map(visible).join(" · ")}
            >
              <Miniature {...cellsOf(i)} />
              <span>{nameOf(i)}</span>
            </button>
          );
        })}
      </div>
      <h4>
        {nameOf(chosen)} <small class="quiet">{visible(title[0] ?? "")}</small>
      </h4>
      <PairText key={chosen} {...{ explanation, cells }} />
      <HeadLines {...{ rows, columns, cells }} label={`${nameOf(chosen)}: ${matrix.axes.join(" → ")}`} />
      <Heatmap
        {...cells}
        {...{ rows, columns, signed }}
        axes={matrix.axes}
        scale={strongest(values, cells.from, cells.from + height * width)}
        label={nameOf(chosen)}
      />
      <Legend signed={signed} />
    </div>
  );
}

/** One head, each on its own scale: what it prefers is the question here, not how much more than others. */
function Miniature(cells: Cells) {
  const ref = useRef<HTMLCanvasElement>(null), now = theme.value, { values, from, height, width } = cells;
  useLayoutEffect(
    () => paint(ref.current!, cells, strongest(values, from, from + height * width), now),
    [values, from, height, width, now],
  );
  return <canvas ref={ref} class={width > 100 ? "smooth" : ""} aria-hidden="true" />;
}
