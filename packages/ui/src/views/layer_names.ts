/**
 * Layers as people number them. Files call them by the operator at their end, which is long and tells little but its number.
 *
 * @module
 */
import { say, t } from "../strings/mod.ts";

/** `layer.3`, `layers_3`, `h.3`, `blocks/3`: the number that exporters put into the names of a layer's operators, from 0. */
const numbered = /(?:^|[/._])(?:layers?|h|blocks?)[/._](\d+)(?=[/._]|$)/;

/**
 * "Layer 1" and on, by the numbers in the names where all have one; what comes before the first layer is the input.
 * Names without numbers are counted by their place.
 */
export function layerNames(labels: readonly string[] | undefined, count: number): string[] {
  const numbers = labels?.map((label) => numbered.exec(label)?.[1]), [first, ...rest] = numbers ?? [];
  const known = rest.length > 0 ? rest.every((number) => number !== undefined) : first !== undefined;
  return Array.from({ length: count }, (_, i) => {
    const number = known ? numbers![i] : `${i}`;
    return number === undefined ? t.value.views.input : `${say.value.layer} ${Number(number) + 1}`;
  });
}
