/**
 * Writes at indices: the message of what was written goes to the updates, the rest stays with the data.
 *
 * @module
 */
import { number, text } from "../graph/graph.ts";
import { size } from "../graph/tensor.ts";
import { type Elements, pick, putBack, tuplesOf } from "./indices.ts";
import { formMissing, type OpRule, type RuleContext } from "./rule.ts";

/** How updates meet what is there: in its place, or added to it. */
function adds(c: RuleContext): boolean {
  const reduction = text(c.node, "reduction", "none");
  if (reduction !== "none" && reduction !== "add") throw formMissing(c, `reduction ${reduction}`);
  return reduction === "add";
}

/** The message where nothing was written; `count` says how often each place was. */
const untouched = ({ b, g }: RuleContext, count: string): string =>
  b.mul(g, b.sub(b.scalar(1), b.min(count, b.scalar(1))));

function elementsBack(c: RuleContext): (string | null)[] {
  const { b, g, node } = c, rank = c.dims[0]!.length, picked = c.dims[1]!;
  const elements: Elements = { axis: (number(node, "axis", 0) + rank) % rank, indices: c.x[1]!, picked };
  const ones = (): string => b.tensor({ dtype: "float32", dims: picked, data: new Float32Array(size(picked)).fill(1) });
  return [adds(c) ? g : untouched(c, putBack(c, ones(), elements)), null, pick(c, g, elements)];
}

function rowsBack(c: RuleContext): (string | null)[] {
  const { b, g } = c, dims = c.dims[0]!, { rows, lead, rest } = tuplesOf(c), count = size(b.dims(rows));
  const written = (): string => {
    const ones = b.tensor({ dtype: "float32", dims: [count, 1], data: new Float32Array(count).fill(1) });
    return b.reshape(b.scatterAdd(ones, rows, { axis: 0, dims: [size(lead), 1] }), [...lead, ...rest.map(() => 1)]);
  };
  const updates = b.reshape(b.gather(b.reshape(g, [size(lead), ...rest]), rows, 0), c.dims[2]!);
  return [b.reshape(adds(c) ? g : untouched(c, written()), dims), null, updates];
}

export const scatter: OpRule[] = [
  { op: "ScatterElements", linear: true, additive: [0, 2], vjp: elementsBack },
  { op: "Scatter", linear: true, additive: [0, 2], vjp: elementsBack }, // its name before opset 11
  { op: "ScatterND", linear: true, additive: [0, 2], vjp: rowsBack },
];
