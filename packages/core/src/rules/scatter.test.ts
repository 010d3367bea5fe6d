import { ruleTester, tensor } from "../testing/mod.ts";
import { scatter } from "./scatter.ts";

const indices = (dims: number[], values: number[]) => tensor(dims, values, "int64");

ruleTester.run("ScatterND", scatter, { shapes: [[[4, 2], [2, 2]]], given: { 1: indices([2, 1], [3, 1]) } });
ruleTester.run("ScatterND", scatter, { shapes: [[[2, 3, 2], [2, 2]]], given: { 1: indices([2, 2], [-1, 0, 0, -2]) } });
ruleTester.run("ScatterND", scatter, {
  shapes: [[[4, 2], [3, 2]]],
  given: { 1: indices([3, 1], [3, 1, 3]) }, // one row twice
  attributes: [{ reduction: "add" }],
});
// Fewer columns than the data has, negative indices, one place twice where updates are added.
ruleTester.run("ScatterElements", scatter, {
  shapes: [[[3, 4], [2, 3]]],
  given: { 1: indices([2, 3], [0, -1, 1, 2, 0, -1]) },
  attributes: [{}, { axis: 0 }],
});
ruleTester.run("ScatterElements", scatter, {
  shapes: [[[3, 4], [2, 3]]],
  given: { 1: indices([2, 3], [0, -1, 1, 3, 0, 0]) },
  attributes: [{ axis: 1, reduction: "add" }],
});
ruleTester.run("Scatter", scatter, {
  shapes: [[[3, 3], [1, 3]]],
  given: { 1: indices([1, 3], [2, 0, 1]) },
  opsets: [10],
});
