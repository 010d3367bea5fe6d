import { expect, test } from "vitest";
import { chosenLayers, lastPlaces } from "./layers.ts";

const layers = [{ index: 0, name: "embeddings" }, { index: 1, name: "encoder.layer.0" }, {
  index: 2,
  name: "encoder.layer.1",
}];
const both = [...layers, { index: 0, name: "decoder 0" }, { index: 1, name: "decoder 1" }];

test("a layer is found by number, by digits, by name and by word, in the order asked for", () => {
  expect(chosenLayers(2, layers)).toEqual([[2]]);
  expect(chosenLayers("encoder.layer.1, 0", layers)).toEqual([[2], [0]]);
  expect(chosenLayers([1, "last"], layers, { last: [2] })).toEqual([[1], [2]]);
  expect(chosenLayers("all", layers)).toEqual([[0], [1], [2]]);
});

test("a number means the layer's own, not its place in the list", () => {
  expect(chosenLayers(2, layers.slice(1))).toEqual([[1]]);
});

test("a number that encoder and decoder share means both", () => {
  expect(chosenLayers("1,2", both)).toEqual([[1, 4], [2]]);
  expect(chosenLayers("all", both)).toEqual([[0, 3], [1, 4], [2]]);
  expect(lastPlaces(both)).toEqual([2, 4]);
});

test.each([[7], [-1], ["encoder"], [1.5], [""], ["1,9"]])(
  "layer %j is refused, and the known ones are named",
  (layer) => {
    expect(() => chosenLayers(layer, layers)).toThrow(
      expect.objectContaining({ code: "UNKNOWN_LAYER", hint: expect.stringContaining('"2"') }),
    );
  },
);
