import { int64s } from "../graph/tensor.ts";
import { ruleTester, tensor } from "../testing/mod.ts";
import { movement } from "./movement.ts";

ruleTester.run("Reshape", movement, { shapes: [[2, 6], [1, 12]], given: { 1: int64s([3, -1]) } });
ruleTester.run("Reshape", movement, { shapes: [[2, 0, 3]], given: { 1: int64s([0, 0, 3]) } });
ruleTester.run("Flatten", movement, { shapes: [[2, 3, 2], [1, 0, 4]], attributes: [{}, { axis: 2 }] });
ruleTester.run("Squeeze", movement, { shapes: [[1, 3, 1]], given: { 1: int64s([0, -1]) } });
ruleTester.run("Squeeze", movement, { shapes: [[1, 3, 1]], attributes: [{}, { axes: [0] }], opsets: [11] });
ruleTester.run("Unsqueeze", movement, { shapes: [[2, 3], []], given: { 1: int64s([0]) } });
ruleTester.run("Expand", movement, { shapes: [[3, 1], [1]], given: { 1: int64s([2, 3, 4]) } });
ruleTester.run("Transpose", movement, { shapes: [[2, 3, 4], [1, 0, 2]], attributes: [{}, { perm: [1, 2, 0] }] });
ruleTester.run("Concat", movement, { shapes: [[[2, 3], [2, 1], [2, 0]], [[1, 2]]], attributes: [{ axis: -1 }] });
ruleTester.run("Split", movement, {
  shapes: [[2, 6]],
  given: { 1: int64s([1, 2, 3]) },
  attributes: [{ axis: 1 }],
  outputs: 3,
});
ruleTester.run("Split", movement, { shapes: [[6]], attributes: [{ split: [2, 4] }], outputs: 2, opsets: [11] });
const slice = (starts: number[], ends: number[], axes: number[], steps: number[]) => ({
  1: int64s(starts),
  2: int64s(ends),
  3: int64s(axes),
  4: int64s(steps),
});
ruleTester.run("Slice", movement, { shapes: [[4, 5]], given: slice([1, -3], [3, 9], [0, 1], [1, 1]) });
ruleTester.run("Slice", movement, { shapes: [[4, 5]], given: slice([0, 4], [4, -9], [0, 1], [2, -1]) });
ruleTester.run("Slice", movement, { shapes: [[4, 5]], given: slice([3], [1], [0], [1]) }); // nothing left
ruleTester.run("Slice", movement, {
  shapes: [[4, 5]],
  attributes: [{ starts: [1], ends: [2], axes: [1] }],
  opsets: [9],
});
ruleTester.run("Pad", movement, { shapes: [[2, 3], [1, 1]], given: { 1: int64s([0, 1, 2, 0]) } });
ruleTester.run("Pad", movement, { shapes: [[2, 4]], given: { 1: int64s([1, -1, 0, 2]) } });
ruleTester.run("Pad", movement, {
  shapes: [[3, 4]],
  given: { 1: int64s([1, 2, 0, 1]) },
  attributes: [{ mode: "reflect" }, { mode: "edge" }, { mode: "wrap" }],
});
ruleTester.run("Pad", movement, {
  shapes: [[1, 3]],
  given: { 1: int64s([0, -1, 0, 2]) },
  attributes: [{ mode: "edge" }],
});
ruleTester.run("DepthToSpace", movement, {
  shapes: [[1, 8, 2, 3]],
  attributes: [{ blocksize: 2 }, { blocksize: 2, mode: "CRD" }],
});
ruleTester.run("SpaceToDepth", movement, { shapes: [[2, 2, 4, 6]], attributes: [{ blocksize: 2 }] });
ruleTester.run("Tile", movement, { shapes: [[2, 3], [1, 1]], given: { 1: int64s([3, 2]) } });
ruleTester.run("Trilu", movement, { shapes: [[3, 4], [2, 2, 2]], attributes: [{}, { upper: 0 }] });
ruleTester.run("Trilu", movement, {
  shapes: [[3, 4]],
  given: { 1: tensor([], [1], "int64") },
  attributes: [{}, { upper: 0 }],
});
