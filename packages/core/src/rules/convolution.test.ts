import { tensor } from "../testing/sketch.ts";
import { randomNumbers, ruleTester } from "../testing/mod.ts";
import { convolution } from "./convolution.ts";

const random = randomNumbers(3), weights = (...dims: number[]) => tensor(dims, () => 2 * random() - 1);

ruleTester.run("Conv", convolution, { shapes: [[[2, 3, 7], [4, 3, 3]], [[1, 3, 1], [2, 3, 1]]] });
ruleTester.run("Conv", convolution, {
  shapes: [[[1, 2, 8], [4, 1, 3], [4]]],
  attributes: [
    { group: 2, strides: [2], pads: [2, 1] },
    { group: 2, dilations: [2], pads: [2, 1] },
    { group: 2, auto_pad: "SAME_UPPER" },
    { group: 2, strides: [3], auto_pad: "SAME_LOWER" },
    { group: 2, auto_pad: "VALID" },
  ],
});
ruleTester.run("Conv", convolution, {
  shapes: [[1, 4, 5]],
  given: { 1: weights(4, 1, 3), 2: weights(4) },
  attributes: [{ group: 4, pads: [2, 2] }],
}); // depthwise
ruleTester.run("Conv", convolution, {
  shapes: [[[1, 2, 5, 6], [2, 2, 2, 3]]],
  attributes: [{}, { strides: [2, 1], pads: [1, 0, 0, 2], dilations: [1, 2] }],
});
ruleTester.run("Conv", convolution, {
  shapes: [[2, 1, 3, 4, 3]],
  given: { 1: weights(2, 1, 2, 2, 2) },
  attributes: [{ strides: [1, 2, 1] }],
});
ruleTester.run("ConvTranspose", convolution, {
  shapes: [[[1, 2, 4], [2, 3, 3]], [[2, 2, 1], [2, 1, 2]]],
  attributes: [{}, { strides: [2], output_padding: [1] }, { strides: [3], dilations: [2] }],
});
ruleTester.run("ConvTranspose", convolution, {
  shapes: [[[1, 4, 3, 2], [4, 1, 2, 2], [2]]],
  attributes: [{ group: 2, pads: [1, 0, 0, 1] }],
});
ruleTester.run("MaxPool", convolution, {
  shapes: [[1, 2, 7]],
  attributes: [{ kernel_shape: [3] }, { kernel_shape: [2], strides: [2], pads: [1, 1] }, {
    kernel_shape: [3],
    strides: [2],
    ceil_mode: 1,
  }, { kernel_shape: [2], dilations: [2] }],
});
ruleTester.run("MaxPool", convolution, {
  shapes: [[1, 2, 4, 5]],
  attributes: [{ kernel_shape: [2, 3], strides: [1, 2], pads: [1, 1, 0, 1] }],
});
ruleTester.run("AveragePool", convolution, {
  shapes: [[1, 2, 7]],
  attributes: [{ kernel_shape: [3] }, { kernel_shape: [2], strides: [2], pads: [1, 1] }, {
    kernel_shape: [3],
    strides: [2],
    pads: [1, 1],
    count_include_pad: 1,
  }, { kernel_shape: [4], strides: [2], auto_pad: "SAME_UPPER" }],
});
ruleTester.run("AveragePool", convolution, {
  shapes: [[2, 1, 4, 4]],
  attributes: [{ kernel_shape: [2, 2], strides: [2, 2] }],
});
