/**
 * Scores over the model's depth: a map of layers × tokens or layers × heads, or every head of every layer.
 *
 * @module
 */
import { gridMatrices, visible } from "@hyaline/core/render";
import { say } from "../strings/mod.ts";
import { Heads } from "./heads.tsx";
import { Heatmap } from "./heatmap.tsx";
import { layerNames } from "./layer_names.ts";
import { Legend } from "./legend.tsx";
import { PairText } from "./pair_text.tsx";
import { strongest } from "./strongest.ts";
import type { ViewProps } from "./view.tsx";

export function Grid({ explanation }: ViewProps<"layer-head-grid">) {
  const { signed, data: { values, shape, axes } } = explanation, matrices = gridMatrices(explanation, say.value);
  if (matrices.length > 1) return <Heads explanation={explanation} />;
  const { matrix } = matrices[0]!,
    [height, width] = shape.slice(-2) as [number, number],
    pairs = axes.at(-2)!.name === "from";
  const rows = axes.at(-2)!.name === "layer" ? layerNames(axes.at(-2)!.labels, height) : matrix.rows.map(visible);
  const columns = axes.at(-1)!.name === "head"
    ? matrix.columns.map((name) => `${say.value.head} ${visible(name)}`)
    : matrix.columns.map(visible);
  return (
    <div>
      {pairs ? <PairText {...{ explanation }} cells={{ values, from: 0, height, width }} /> : null}
      <Heatmap
        {...{ values, height, width, signed, rows, columns }}
        from={0}
        axes={matrix.axes}
        scale={strongest(values)}
        label={matrix.axes.join(" × ")}
      />
      <Legend signed={signed} />
    </div>
  );
}
