import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { arrayOf, evidenceOf, optionsOf } from "../shared/sample.ts";
import manifest from "./explainer.json" with { type: "json" };
import explainers from "./mod.ts";

const golden = JSON.parse(await readFile(new URL("../goldens/whitebox.json", import.meta.url), "utf8"));
const hiddenStates = golden.hiddenStates.map(arrayOf), hiddenGradients = golden.hiddenGradients.map(arrayOf);
const layers = [0, 1, 2].map((index) => ({ index, name: `state.${index}` }));
const evidence = evidenceOf("[CLS] I love programming [SEP]", {
  layers,
  hiddenStates,
  gradients: { hiddenStates: hiddenGradients },
});
const run = (chosen: Record<string, unknown>, on = evidence) =>
  explainers["grad-cam"](on, optionsOf(manifest, "grad-cam", chosen));
const values = (chosen: Record<string, unknown>, on = evidence) => run(chosen, on).data.values;
const unit = (map: readonly number[]) => map.map((x) => x / (Math.max(...map) || 1));
const near = (found: readonly number[], expected: readonly number[]) =>
  found.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 4));

describe("grad-cam", () => {
  test.each([0, 1, 2])("after layer %i is captum's LayerGradCam, when all tokens are averaged", (layer) => {
    near(values({ layer, average: "all" }), unit(golden.cams[layer].gradcam));
  });

  test.each(["hires", "layer", "xgrad", "plusplus"])("variant %s is pytorch-grad-cam's", (variant) => {
    for (const layer of [0, 1]) near(values({ variant, layer, average: "all" }), unit(golden.cams[layer][variant]));
  });

  test("averages the text's tokens by default: α is their mean gradient, worked here by hand", () => {
    const d = hiddenStates[1].shape[1],
      alpha = Array.from(
        { length: d },
        (_, c) => [1, 2, 3].reduce((sum, t) => sum + golden.hiddenGradients[1][t][c], 0) / 3,
      );
    const map = golden.hiddenStates[1].map((state: number[]) =>
      Math.max(0, state.reduce((sum, h, c) => sum + h * alpha[c]!, 0))
    );
    near(values({}), unit(map));
  });

  test("reads the last layer's input by default, and names the trap of its output", () => {
    expect(values({})).toEqual(values({ layer: 1 }));
    expect(run({}).notes).toEqual([]);
    expect(run({ layer: "last" }).notes![0]).toContain('After layer "state.2" the answer is read from one token alone');
  });

  test("fuses several layers by mean or maximum, each in [0, 1] before and after", () => {
    const [a, b] = [values({ layer: 0 }), values({ layer: 1 })] as [number[], number[]];
    near(values({ layer: "0,1" }), unit(a.map((x, t) => (x + b[t]!) / 2)));
    near(values({ layer: ["state.0", 1], fusion: "max" }), unit(a.map((x, t) => Math.max(x, b[t]!))));
    const grid = run({ layer: "all", fusion: "none" });
    expect(grid).toMatchObject({ type: "layer-head-grid", data: { shape: [3, 5] } });
    near(grid.data.values.slice(5, 10), b);
  });

  test.each(["gradcam", "hires", "layer", "xgrad", "plusplus"])(
    "variant %s survives zero gradients, one token, and only special ones",
    (variant) => {
      const zero = hiddenGradients.map((g: { shape: number[]; data: Float32Array }) => ({
        ...g,
        data: g.data.map(() => 0),
      }));
      const dead = run({ variant }, { ...evidence, gradients: { hiddenStates: zero } });
      expect(dead.data.values).toEqual([0, 0, 0, 0, 0]);
      expect(dead.notes!.join()).toContain("No token speaks for the target");
      const one = evidenceOf("[CLS]", {
        layers: layers.slice(0, 2),
        hiddenStates: [arrayOf([[1, 2]]), arrayOf([[1, 2]])],
        gradients: { hiddenStates: [arrayOf([[1, 1]]), arrayOf([[1, 1]])] },
      });
      expect(values({ variant }, one)).toEqual([1]);
    },
  );

  test("maps encoder and decoder each from its own tokens, and fuses them side by side", () => {
    const pad = (array: { shape: number[]; data: Float32Array }, before: number) => {
      const d = array.shape[1]!, data = new Float32Array(10 * d);
      data.set(array.data, before * d);
      return { shape: [10, d], data };
    };
    const tokens = [0, 5].flatMap((before) =>
      evidence.tokens.map((token) => ({ ...token, source: before ? "decoder" : "encoder" }))
    );
    const two = {
      ...evidence,
      tokens,
      readingPosition: 5,
      layers: [...layers, ...layers],
      hiddenStates: [0, 5].flatMap((before) => hiddenStates.map((h: never) => pad(h, before))),
      gradients: { hiddenStates: [0, 5].flatMap((before) => hiddenGradients.map((g: never) => pad(g, before))) },
    };
    near(values({}, two), [...values({}), ...values({})]);
    expect(run({ layer: "last" }, two).notes!.filter((note) => note.includes("read from one token alone")))
      .toHaveLength(1);
  });

  test("refuses NaN and unknown layers", () => {
    const spoiled = [
      hiddenStates[0],
      { ...hiddenStates[1], data: hiddenStates[1].data.map(() => NaN) },
      hiddenStates[2],
    ];
    expect(() => run({}, { ...evidence, hiddenStates: spoiled })).toThrow(
      expect.objectContaining({ code: "NOT_FINITE" }),
    );
    expect(() => run({ layer: 9 })).toThrow(expect.objectContaining({ code: "UNKNOWN_LAYER" }));
  });
});
