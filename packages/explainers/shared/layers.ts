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
 * Places in `layers` of each layer that is meant, in the order asked for. A number is the layer's own; encoder and decoder both
 * have a layer 1, so one layer can have several places.
 *
 * @param words further words and the places they stand for, such as `{ last: [6] }`
 * @throws UNKNOWN_LAYER
 */
export function chosenLayers(
  choice: LayerChoice,
  layers: readonly Named[],
  words: Readonly<Record<string, readonly number[]>> = {},
): number[][] {
  const numbers = [...new Set(layers.map(({ index }) => index))];
  const asked: readonly (number | string)[] = choice === "all"
    ? numbers
    : typeof choice === "string"
    ? choice.split(",").map((part) => part.trim())
    : [choice].flat();
  return asked.map((layer) => {
    const number = /^\d+$/.test(`${layer}`) ? Number(layer) : undefined;
    const places = words[layer] ??
      layers.flatMap((
        { index, name },
        place,
      ) => ((number === undefined ? name === layer : index === number) ? [place] : []));
    if (places.length === 0) throw unknownLayer(layer, [...Object.keys(words), ...numbers]);
    return [...places];
  });
}

/** Places of the highest number of each run of layers: a run ends where numbers start again, with the next source. */
export const lastPlaces = (layers: readonly Named[]): number[] =>
  layers.flatMap(({ index }, place) => ((layers[place + 1]?.index ?? 0) <= index ? [place] : []));
