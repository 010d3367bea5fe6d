import { expect, test } from "vitest";
import { compile } from "../compile/mod.ts";
import type { Tensor } from "../graph/tensor.ts";
import { composites } from "../lrp/composite.ts";
import { sketch, type SketchNode, tensor, Trial } from "../testing/mod.ts";

const square = tensor([2, 2], [1, 2, 3, 4]);
const forms: [string, SketchNode, Record<string, Tensor>][] = [
  ["ScatterND with reduction mul", ["ScatterND", "x c u", "y", { reduction: "mul" }], {
    c: tensor([1, 1], [0], "int64"),
    u: tensor([1, 2], [1, 1]),
  }],
  ["ScatterElements with reduction max", ["ScatterElements", "x c u", "y", { reduction: "max" }], {
    c: tensor([1, 2], [0, 1], "int64"),
    u: tensor([1, 2], [1, 1]),
  }],
  ["Mod with an active divisor", ["Mod", "x x", "y", { fmod: 1 }], {}],
  ["ConvTranspose with a given output shape", ["ConvTranspose", "x c", "y", { output_shape: [3] }], {
    x: tensor([1, 1, 2], [1, 2]),
    c: tensor([1, 1, 2], [1, 2]),
  }],
];

for (const [form, node, { x = square, ...constants }] of forms) {
  test(`${form} is refused by name, not carried back wrongly`, () => {
    const { shaped } = new Trial(sketch({ inputs: { x }, constants, nodes: [node] }));
    const request = { shaped, sources: ["x"], target: "y", at: ["x"], composite: composites.get("gradient")! };
    expect(() => compile(request)).toThrowError(
      expect.objectContaining({ code: "MISSING_RULES", message: expect.stringContaining(`"${form}"`) }),
    );
  });
}
