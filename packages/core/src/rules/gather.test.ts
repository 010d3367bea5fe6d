import { ruleTester, tensor } from "../testing/mod.ts";
import { gather } from "./gather.ts";

const indices = (dims: number[], values: number[]) => tensor(dims, values, "int64");

// Repeated, negative, scalar, and no indices at all.
ruleTester.run("Gather", gather, {
  shapes: [[4, 3]],
  given: { 1: indices([2, 2], [0, 3, -1, 0]) },
  attributes: [{}, { axis: 0 }],
});
ruleTester.run("Gather", gather, {
  shapes: [[2, 3, 2]],
  given: { 1: indices([3], [2, 0, -3]) },
  attributes: [{ axis: 1 }, { axis: -2 }],
});
ruleTester.run("Gather", gather, { shapes: [[2, 3]], given: { 1: indices([], [-1]) }, attributes: [{ axis: 1 }] });
ruleTester.run("Gather", gather, { shapes: [[2, 3]], given: { 1: indices([1], [1]) }, attributes: [{ axis: 1 }] });
ruleTester.run("Gather", gather, { shapes: [[2, 3]], given: { 1: indices([0], []) } });
ruleTester.run("GatherElements", gather, {
  shapes: [[3, 3]],
  given: { 1: indices([2, 3], [0, 2, -1, 1, 1, 0]) },
  attributes: [{}, { axis: 1 }],
});
ruleTester.run("GatherND", gather, { shapes: [[2, 3, 2]], given: { 1: indices([3, 2], [0, 1, 1, 2, 0, 1]) } });
ruleTester.run("GatherND", gather, { shapes: [[2, 3]], given: { 1: indices([1, 2, 1], [1, 0]) } });
ruleTester.run("GatherND", gather, { shapes: [[2, 3, 2]], given: { 1: indices([2, 2], [-1, -3, 0, -1]) } });
ruleTester.run("GatherND", gather, {
  shapes: [[2, 3, 2]],
  given: { 1: indices([2, 2, 1], [2, 0, -1, 2]) },
  attributes: [{ batch_dims: 1 }],
});
ruleTester.run("TopK", gather, {
  shapes: [[2, 5]],
  given: { 1: indices([1], [2]) },
  attributes: [{}, { axis: -1, largest: 0 }],
  outputs: 2,
  ignore: [1],
});
