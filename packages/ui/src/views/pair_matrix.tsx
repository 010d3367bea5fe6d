/**
 * Scores between tokens: the text as one word sees it, and all pairs as a map.
 *
 * @module
 */
import { tokenMatrix, visible } from "@hyaline/core/render";
import { say } from "../strings/mod.ts";
import { Heatmap } from "./heatmap.tsx";
import { Legend } from "./legend.tsx";
import { PairText } from "./pair_text.tsx";
import { strongest } from "./strongest.ts";
import type { ViewProps } from "./view.tsx";

/** Names of axes that core's own explainers use, in the page's language; others as they are. */
const axisName = (name: string): string => {
  const { from, to } = say.value;
  return name === "from" ? from : name === "to" ? to : visible(name);
};

export function PairMatrix({ explanation }: ViewProps<"token-matrix">) {
  const { signed, data: { values, rows, columns, shape: [height, width], axes } } = explanation,
    matrix = tokenMatrix(explanation);
  const cells = { values, from: 0, height, width }, named = axes.map(axisName) as [string, string];
  return (
    <div>
      <PairText {...{ explanation, cells, rows, columns }} />
      <Heatmap
        {...cells}
        signed={signed}
        rows={matrix.rows.map(visible)}
        columns={matrix.columns.map(visible)}
        axes={named}
        scale={strongest(values)}
        label={named.join(" × ")}
      />
      <Legend signed={signed} />
    </div>
  );
}
