/**
 * Layers as people number them. Files call them by the operator at their end, which is long and tells little but its number.
 *
 * @module
 */
import { visible } from "@hyaline/core/render";
import { say, t } from "../strings/mod.ts";
import { type RowName, rowName } from "./sublayers.ts";

/** `layer.3`, `layers_3`, `h.3`, `blocks/3`: the number that exporters put into the names of a layer's operators, from 0. */
const numbered = /(?:^|[/._])(?:layers?|h|blocks?)[/._](\d+)(?=[/._]|$)/;

/** "Layer 1 · Attention", "Layer 1 · past Attention", "Layer 1", "Input". */
export function blockName({ source, layer, way, kinds }: RowName): string {
  const words = t.value.views, blocks = words.blocks as Readonly<Record<string, string>>;
  const what = kinds.map((kind) => blocks[kind] ?? visible(kind)).join(" + "),
    told = !what || way === "through" ? what : way === "past" ? words.pastBlock(what) : words.afterBlock(what);
  return [
    source && (say.value.sources[source] ?? visible(source)),
    layer === 0 ? words.input : `${say.value.layer} ${layer}`,
    told,
  ].filter(Boolean).join(" · ");
}

/**
 * "Layer 1" and on, by the numbers in the names where all have one; what comes before the first layer is the input.
 * Names without numbers are counted by their place.
 */
export function layerNames(labels: readonly string[] | undefined, count: number): string[] {
  const rows = labels?.map(rowName);
  if (rows?.every((row) => row !== undefined)) return rows.map(blockName);
  const numbers = labels?.map((label) => numbered.exec(label)?.[1]), [first, ...rest] = numbers ?? [];
  const known = rest.length > 0 ? rest.every((number) => number !== undefined) : first !== undefined;
  return Array.from({ length: count }, (_, i) => {
    const number = known ? numbers![i] : `${i}`;
    return number === undefined ? t.value.views.input : `${say.value.layer} ${Number(number) + 1}`;
  });
}
