/**
 * Grad-CAM over tokens, and its relatives.
 *
 * @module
 */
import { type Evidence, type NumberArray, plugin, type Result } from "@hyaline/core/plugin";
import { row } from "../shared/channels.ts";
import { finite, given } from "../shared/given.ts";
import { chosenLayers, lastPlaces, type LayerChoice } from "../shared/layers.ts";
import { tokenScores } from "../shared/scores.ts";
import { sourcesOf } from "../shared/sources.ts";
import { cams, toUnit } from "./cams.ts";

interface Options {
  readonly variant: string;
  readonly layer: LayerChoice;
  readonly fusion: "mean" | "max" | "none";
  readonly average: "text" | "all";
}

const fusions = {
  mean: (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length,
  max: (values: readonly number[]) => Math.max(...values),
};

export default plugin({
  /** s = ReLU(Σ_c α_c H_tc), scaled to [0, 1]; several layers are scaled, fused, and scaled again. */
  "grad-cam"(
    evidence: Evidence,
    { variant, layer, fusion, average }: Options,
  ): Result<"token-scores" | "layer-head-grid"> {
    const { tokens, readingPosition } = evidence;
    const layers = given(evidence.layers, "layers"), states = given(evidence.hiddenStates, "hidden states");
    const gradients = given(evidence.gradients?.hiddenStates, "gradients of the hidden states");
    const ends = lastPlaces(layers), sources = sourcesOf(tokens);
    const chosen = chosenLayers(layer, layers, {
      "last-input": ends.map((place) => Math.max(0, place - 1)),
      last: ends,
    });
    const map = (place: number): Float64Array => {
      const { before, length } = sources[ends.findIndex((end) => place <= end)] ?? { before: 0, length: tokens.length };
      const own = tokens.map((_, t) => t >= before && t < before + length),
        text = own.map((mine, t) => mine && (average === "all" || !tokens[t]!.special));
      const averaged = text.some(Boolean) ? text : own;
      return toUnit(
        cams[variant]!({
          states: finite(states[place], "hidden states"),
          gradients: finite(gradients[place], "gradients of the hidden states"),
          averaged,
        }),
      );
    };
    // Sources of one layer lie beside each other: where one has tokens the other's map is zero.
    const maps = chosen.map((places) => places.map(map).reduce((a, b) => a.map((x, t) => x + b[t]!)));
    const notes = [
      ...chosen.flat().filter((place) => tokens.length > 1 && onlyReading(gradients[place]!, readingPosition)).map((
        place,
      ) =>
        `After layer "${
          layers[place]!.name
        }" the answer is read from one token alone: the gradient is zero elsewhere, so this map cannot show the others. Choose an earlier layer`
      ),
      ...(maps.every((map) => map.every((x) => x === 0))
        ? ["No token speaks for the target in this map: all of it is below zero, where the ReLU cuts"]
        : []),
    ];
    if (fusion === "none") {
      return {
        type: "layer-head-grid",
        signed: false,
        notes,
        data: {
          shape: [chosen.length, tokens.length],
          axes: [{
            name: "layer",
            labels: chosen.map((places) => places.map((place) => layers[place]!.name).join(", ")),
          }, {
            name: "token",
            tokens: tokens.map((_, t) => t),
          }],
          values: maps.flatMap((map) => [...map]),
        },
      };
    }
    const fused = toUnit(Float64Array.from(tokens, (_, t) => fusions[fusion](maps.map((map) => map[t]!))));
    return tokenScores(fused, { join: "max", signed: false, notes });
  },
});

/** Whether the gradient is zero at every token but the one the target is read from. */
const onlyReading = (gradient: NumberArray, reading: number | undefined): boolean =>
  reading !== undefined &&
  Array.from({ length: gradient.shape[0]! }, (_, t) => t === reading || row(gradient, t).every((g) => g === 0)).every(
    Boolean,
  );
