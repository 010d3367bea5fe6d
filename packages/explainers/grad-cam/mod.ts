/**
 * Grad-CAM over tokens, and its relatives.
 *
 * @module
 */
import { type Evidence, type NumberArray, plugin, type Result } from "@hyaline/core/plugin";
import { row } from "../shared/channels.ts";
import { finite, given } from "../shared/given.ts";
import { chosenLayers, type LayerChoice } from "../shared/layers.ts";
import { tokenScores } from "../shared/scores.ts";
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
    const last = Math.max(...layers.map(({ index }) => index));
    const places = chosenLayers(layer, layers, { "last-input": last - 1, last });
    const text = tokens.map(({ special }) => average === "all" || !special);
    const averaged = text.some(Boolean) ? text : tokens.map(() => true);
    const maps = places.map((place) =>
      toUnit(
        cams[variant]!({
          states: finite(states[place], "hidden states"),
          gradients: finite(gradients[place], "gradients of the hidden states"),
          averaged,
        }),
      )
    );
    const notes = [
      ...places.filter((place) => tokens.length > 1 && onlyReading(gradients[place]!, readingPosition)).map((place) =>
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
          shape: [places.length, tokens.length],
          axes: [{ name: "layer", labels: places.map((place) => layers[place]!.name) }, {
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
