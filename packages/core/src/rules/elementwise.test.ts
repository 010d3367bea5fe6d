import { ruleTester, tensor } from "../testing/mod.ts";
import { elementwise } from "./elementwise.ts";

const pairs = [[[2, 3], [2, 3]], [[2, 1, 3], [4, 1]], [[], [2]], [[0, 3], [1, 3]]];
for (const op of ["Add", "Sub", "Mul", "Max", "Min"]) ruleTester.run(op, elementwise, { shapes: pairs });
ruleTester.run("Div", elementwise, { shapes: pairs, range: [1, 3] });
ruleTester.run("Sum", elementwise, { shapes: [[[2, 3], [3], [2, 1]], [[2]]] });
ruleTester.run("Max", elementwise, { shapes: [[[2, 3], [3], [2, 1]]] });
ruleTester.run("Where", elementwise, { shapes: [[[2, 3], [3]]], given: { 0: tensor([2, 1], [1, 0], "bool") } });

const shapes = [[2, 3], [1], [], [0, 2]];
for (
  const op of [
    "Neg",
    "Identity",
    "Dropout",
    "Exp",
    "Abs",
    "Erf",
    "Tanh",
    "Sigmoid",
    "Relu",
    "Softplus",
    "Sin",
    "Cos",
    "Mish",
  ]
) {
  ruleTester.run(op, elementwise, { shapes });
}
for (const op of ["Log", "Sqrt", "Reciprocal"]) ruleTester.run(op, elementwise, { shapes, range: [0.5, 3] });
ruleTester.run("Cast", elementwise, { shapes: [[2, 3]], attributes: [{ to: 1 }] });
ruleTester.run("Gelu", elementwise, { shapes: [[2, 3], [0]], attributes: [{}, { approximate: "tanh" }] });
ruleTester.run("hyaline.Silu", elementwise, { shapes: [[2, 3]], attributes: [{}, { alpha: 1.702 }] });
ruleTester.run("HardSigmoid", elementwise, { shapes: [[2, 5]], attributes: [{}, { alpha: 0.7, beta: 0.5 }] });
ruleTester.run("HardSwish", elementwise, { shapes: [[2, 5]], range: [-4, 4] });
ruleTester.run("Mean", elementwise, { shapes: [[[2, 3], [3], [2, 1]]] });
ruleTester.run("LeakyRelu", elementwise, { shapes: [[2, 3]], attributes: [{}, { alpha: 0.3 }] });
ruleTester.run("Elu", elementwise, { shapes: [[2, 3]], attributes: [{}, { alpha: 0.5 }] });
ruleTester.run("PRelu", elementwise, { shapes: [[2, 3]], given: { 1: tensor([3], [0.1, 0.5, 2]) } });
for (const op of ["Selu", "Celu"]) {
  ruleTester.run(op, elementwise, { shapes: [[2, 3]], attributes: [{}, { alpha: 0.7 }] });
}
ruleTester.run("ThresholdedRelu", elementwise, { shapes: [[2, 3]], attributes: [{ alpha: 0.3 }] });
ruleTester.run("Softsign", elementwise, { shapes: [[2, 3]] });
ruleTester.run("Clip", elementwise, { shapes: [[2, 5]], given: { 1: tensor([], [-0.95]), 2: tensor([], [1.15]) } });
ruleTester.run("Clip", elementwise, { shapes: [[2, 5]], attributes: [{ min: -0.95, max: 1.15 }], opsets: [6] });
for (const power of [2, 3, 0.5, -1]) {
  ruleTester.run("Pow", elementwise, { shapes: [[2, 3]], given: { 1: tensor([], [power]) }, range: [0.5, 2] });
}
ruleTester.run("Pow", elementwise, { shapes: [[2, 3]], given: { 1: tensor([3], [2, 0.5, -1]) }, range: [0.5, 2] });
ruleTester.run("Pow", elementwise, { shapes: [[[2, 3], [3]]], range: [0.5, 2] }); // an exponent of its own
ruleTester.run("Mod", elementwise, { shapes: [[2, 3]], given: { 1: tensor([], [0.7]) }, attributes: [{ fmod: 1 }] });
ruleTester.run("CastLike", elementwise, { shapes: [[2, 3]], given: { 1: tensor([], [1]) } });
