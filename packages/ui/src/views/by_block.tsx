/**
 * Relevance by block: how much of what arrives came through an attention or a feed-forward net, and how much past it. Where a model's
 * layers are not such sums, relevance by layer.
 *
 * @module
 */
import { plain, visible } from "@hyaline/core/render";
import type { ExplanationOf } from "@hyaline/core/result";
import { say, t } from "../strings/mod.ts";
import { Bar } from "./bar.tsx";
import { blockName, layerNames } from "./layer_names.ts";
import { type Passage, passagesOf } from "./sublayers.ts";

type Rows = ExplanationOf<"layer-head-grid">;

export function ByBlock({ explanation }: { explanation: Rows }) {
  const passages = passagesOf(explanation), words = t.value.views;
  if (passages.length === 0) return <ByLayer explanation={explanation} />;
  const most = Math.max(...passages.flatMap(({ arrives, through }) => [Math.abs(arrives), Math.abs(through)])) || 1;
  const blocks = words.blocks as Readonly<Record<string, string>>;
  const number = (value: number | undefined): string => (value === undefined ? "" : plain(value, 3));
  const layers = [...Map.groupBy(passages.toReversed(), layerOf)];
  return (
    <div class="by-layer">
      <h3>{words.byBlock}</h3>
      <p class="quiet">{words.byBlockHint}</p>
      <table class="bars">
        <thead>
          <tr>
            <th scope="col">{words.block}</th>
            <th scope="col">{words.arrives}</th>
            <th scope="col">{words.through}</th>
            <th scope="col">{words.past}</th>
            <th scope="col">{words.kept}</th>
            <td aria-hidden="true"></td>
          </tr>
        </thead>
        {layers.map(([name, own]) => (
          <tbody key={name}>
            <tr>
              <th scope="rowgroup" colSpan={6} class="group">{name}</th>
            </tr>
            {own.map(({ kind, arrives, through, past, kept }) => (
              <tr key={kind}>
                <th scope="row">{blocks[kind] ?? visible(kind)}</th>
                <td>{number(arrives)}</td>
                <td>{number(through)}</td>
                <td>{number(past)}</td>
                <td>{number(kept)}</td>
                <td aria-hidden="true">
                  <Bar share={through / most} signed />
                </td>
              </tr>
            ))}
          </tbody>
        ))}
      </table>
    </div>
  );
}

const layerOf = ({ source, layer }: Passage): string => blockName({ source, layer, way: "through", kinds: [] });

/** Σ and Σ|·| of relevance over the tokens at each hidden state. */
function ByLayer({ explanation }: { explanation: Rows }) {
  const { values, shape: [depth = 0, width = 0], axes } = explanation.data, words = t.value.views;
  const names = layerNames(axes[0]!.labels, depth);
  const rows = Array.from({ length: depth }, (_, l) => {
    const row = values.slice(l * width, (l + 1) * width);
    return { sum: row.reduce((a, b) => a + b, 0), size: row.reduce((a, b) => a + Math.abs(b), 0) };
  });
  const most = Math.max(...rows.map(({ size }) => size)) || 1;
  return (
    <div class="by-layer">
      <h3>{words.byLayer}</h3>
      <p class="quiet">{words.byLayerHint}</p>
      <table class="bars">
        <thead>
          <tr>
            <th scope="col">{say.value.layer}</th>
            <th scope="col">{words.sumOf}</th>
            <th scope="col">{words.sizeOf}</th>
            <td aria-hidden="true"></td>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ sum, size }, l) => (
            <tr key={l}>
              <th scope="row">{names[l]}</th>
              <td>{plain(sum, 3)}</td>
              <td>{plain(size, 3)}</td>
              <td aria-hidden="true">
                <Bar share={size / most} signed={false} />
              </td>
            </tr>
          )).toReversed()}
        </tbody>
      </table>
    </div>
  );
}
