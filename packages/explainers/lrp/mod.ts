/**
 * Layer-wise relevance propagation: the target's value, carried back to the tokens by the rules of a composite.
 *
 * @module
 */
import { type Evidence, type NumberArray, plugin, type Relevances, type Result } from "@hyaline/core/plugin";
import { finite, given } from "../shared/given.ts";
import { tokenScores } from "../shared/scores.ts";

/** A first token that draws more than this share of the absolute relevance is a sink worth a note. */
const SINK = 0.5;

type Options = { readonly composite: string; readonly at: "embeddings" | "hidden-states" | "sublayers" };

export default plugin({
  /** R_t = Σ_c x_tc g_tc, where g is the composite's message; at hidden states one such row a layer, at sub-layers one a point. */
  "lrp"({ tokens, relevances, layers }: Evidence, { at }: Options): Result<"token-scores" | "layer-head-grid"> {
    const { ledger, ...found } = given(relevances, "relevance"), scores = finite(found.tokens, "relevances");
    const around = { signed: true, notes: sinkNote(scores.data), ...(ledger ? { ledger } : {}) };
    if (at === "embeddings") return tokenScores(scores.data, { join: "sum", ...around });
    const { labels, relevance } = at === "sublayers" ? inside(found.sublayers) : {
      labels: layers?.map(({ name }) => name),
      relevance: found.layers,
    };
    const { shape, data } = finite(relevance, "relevances of the layers"), depth = shape[0]!;
    return {
      type: "layer-head-grid",
      ...around,
      data: {
        shape: [...shape],
        axes: [
          { name: "layer", labels: Array.from({ length: depth }, (_, l) => labels?.[l] ?? `${l}`) },
          { name: "token", tokens: tokens.map((_, t) => t) },
        ],
        values: [...data],
      },
    };
  },
});

/** Points inside the layers by name: "input", "1 attention", "1 past attention", "1 after attention". */
function inside(sublayers: Relevances["sublayers"]): { labels: string[]; relevance: NumberArray } {
  const { points, relevance } = given(sublayers, "relevance at the sub-layers");
  const labels = points.map(({ source, layer, way, kinds }) => {
    const what = [...(way === "through" || kinds.length === 0 ? [] : [way]), kinds.join(" and ")].join(" ").trim();
    return [source, layer === 0 ? "input" : `${layer}`, what].filter(Boolean).join(" ");
  });
  return { labels, relevance };
}

function sinkNote(relevance: Float32Array): string[] {
  if (relevance.length < 3) return [];
  const all = relevance.reduce((sum, r) => sum + Math.abs(r), 0), share = Math.abs(relevance[0]!) / all;
  return share > SINK
    ? [
      `The first token draws ${
        Math.round(100 * share)
      } % of the absolute relevance: many models park attention there, compare the other tokens among themselves`,
    ]
    : [];
}
