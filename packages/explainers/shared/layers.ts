/**
 * Layers as people name them: a number, a name, "last", several with commas, "all".
 *
 * @module
 */
import { unknownLayer } from "@hyaline/core/errors";

/** A layer option as it arrives from a command line or a request. */
export type LayerChoice = number | string | readonly (number | string)[];

interface Named {
  readonly index: number;
  readonly name: string;
}

/**
 * Places in `layers` of those that are meant, in the order they were asked for.
 *
 * @param words further words and the numbers they stand for, such as `{ last: 6 }`
 * @throws UNKNOWN_LAYER
 */
export function chosenLayers(
  choice: LayerChoice,
  layers: readonly Named[],
  words: Readonly<Record<string, number>> = {},
): number[] {
  if (choice === "all") return layers.map((_, place) => place);
  const asked = typeof choice === "string" ? choice.split(",").map((part) => part.trim()) : [choice].flat();
  return asked.map((layer) => {
    const number = words[layer] ?? (/^\d+$/.test(`${layer}`) ? Number(layer) : undefined);
    const place = layers.findIndex(({ index, name }) => (number === undefined ? name === layer : index === number));
    if (place < 0) {
      throw unknownLayer(layer as number | string, [
        ...Object.keys(words),
        ...layers.map(({ index }) => index),
      ]);
    }
    return place;
  });
}
