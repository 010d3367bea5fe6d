import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { arrayOf, evidenceOf, optionsOf } from "../shared/sample.ts";
import manifest from "./explainer.json" with { type: "json" };
import explainers from "./mod.ts";

const golden = JSON.parse(await readFile(new URL("../goldens/whitebox.json", import.meta.url), "utf8"));
const attentions = golden.attentions.map(arrayOf), attentionGradients = golden.attentionGradients.map(arrayOf);
const self = (layer: number, source = "encoder") => ({
  layer,
  name: `${source}.${layer}`,
  kind: "self" as const,
  from: source,
  to: source,
});
const attentionInfo = [self(1), self(2)];
const evidence = evidenceOf("[CLS] I love programming [SEP]", {
  attentionInfo,
  attentions,
  gradients: { attentions: attentionGradients },
});
type Id = keyof typeof explainers;
const run = (id: Id, chosen: Record<string, unknown> = {}, on = evidence) =>
  explainers[id](on, optionsOf(manifest, id, chosen)) as {
    type: string;
    data: { values: number[]; shape: number[] };
    notes?: string[];
  };
const near = (found: readonly number[], expected: readonly number[]) => {
  expect(found).toHaveLength(expected.length);
  found.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 5));
};
const mean = (rows: readonly number[][]): number[] =>
  rows[0]!.map((_, j) => rows.reduce((sum, row) => sum + row[j]!, 0) / rows.length);

describe("attention", () => {
  test("is the reading position's row of the last layer, the mean of its heads", () => {
    near(run("attention").data.values, mean(golden.attentions[1].map((head: number[][]) => head[0])));
  });

  test("shows any layer and head, as a row, a matrix or a grid", () => {
    near(run("attention", { layer: 1, head: 1 }).data.values, golden.attentions[0][1][0]);
    const square = run("attention", { view: "matrix", layer: "encoder.1", head: "0" });
    expect(square).toMatchObject({
      type: "token-matrix",
      data: { shape: [5, 5], rows: [0, 1, 2, 3, 4], axes: ["from", "to"] },
    });
    near(square.data.values, golden.attentions[0][0].flat());
    const grid = run("attention", { view: "grid", layer: "all", head: "all" });
    expect(grid).toMatchObject({
      type: "layer-head-grid",
      data: { shape: [2, 2, 5, 5], axes: [{ labels: ["encoder.1", "encoder.2"] }, { labels: ["0", "1"] }, {}, {}] },
    });
    near(grid.data.values, golden.attentions.flat(3));
    near(
      run("attention", { view: "grid", layer: 2, head: "max" }).data.values.slice(0, 5),
      golden.attentions[1][0][0].map((a: number, j: number) => Math.max(a, golden.attentions[1][1][0][j])),
    );
  });

  test("is the mean of all rows where the target is pooled, and says so", () => {
    const { readingPosition: _, ...pooled } = evidence, result = run("attention", {}, pooled);
    near(
      result.data.values,
      mean(
        mean(golden.attentions[1].map((head: number[][]) => head.flat())).reduce(
          (rows: number[][], a, i) => (i % 5 ? rows.at(-1)!.push(a) : rows.push([a]), rows),
          [],
        ),
      ),
    );
    expect(result.notes).toHaveLength(1);
  });

  test.each([[2], [-1], ["x"], [""], [0.5]])("refuses head %j", (head) => {
    expect(() => run("attention", { head })).toThrow(expect.objectContaining({ code: "UNKNOWN_HEAD" }));
  });

  test("refuses a model without attention, an unknown layer, and NaN", () => {
    expect(() => run("attention", {}, { ...evidence, attentionInfo: [], attentions: [] })).toThrow(
      expect.objectContaining({ code: "MISSING_EVIDENCE" }),
    );
    expect(() => run("attention", { layer: 3 })).toThrow(expect.objectContaining({ code: "UNKNOWN_LAYER" }));
    expect(() => run("attention", {}, { ...evidence, attentions: [attentions[0], arrayOf([[[NaN]]])] })).toThrow(
      expect.objectContaining({ code: "NOT_FINITE" }),
    );
  });
});

describe("attention-rollout", () => {
  test.each(["mean", "max", "min"])("with %s over heads is Abnar & Zuidema's", (fusion) => {
    near(run("attention-rollout", { fusion }).data.values, golden.rollout[fusion][0]);
  });

  test("starts at a later layer on request: then one layer is (A + I) / 2", () => {
    const row = mean(golden.attentions[1].map((head: number[][]) => head[0]));
    near(run("attention-rollout", { startLayer: 2 }).data.values, row.map((a, j) => (a + (j === 0 ? 1 : 0)) / 2));
  });

  test("of one token is one", () => {
    expect(
      run(
        "attention-rollout",
        {},
        evidenceOf("[CLS]", { attentionInfo, attentions: [arrayOf([[[1]]]), arrayOf([[[1]]])] }),
      ).data.values,
    ).toEqual([1]);
  });
});

describe("attention-gradient", () => {
  test("is the row of Chefer's R, less the identity it starts from", () => {
    near(run("attention-gradient").data.values, golden.chefer[0].map((r: number, j: number) => r - (j === 0 ? 1 : 0)));
  });

  const steps = golden.cross.steps as { kind: string; attention: unknown; gradient: unknown }[];
  const crossing = (kind: string, layer: number) => ({
    layer,
    name: `${kind}.${layer}`,
    kind: "cross" as const,
    from: "decoder",
    to: "encoder",
  });
  const seq2seq = evidenceOf("a b c d", {
    attentionInfo: steps.map((
      { kind },
      i,
    ) => (kind === "cross" ? crossing(kind, i) : self(i, kind === "explained" ? "encoder" : "decoder"))),
    attentions: steps.map(({ attention }) => arrayOf(attention)),
    gradients: { attentions: steps.map(({ gradient }) => arrayOf(gradient)) },
    readingPosition: 2,
  });

  test("carries relevance from a decoder's position to the encoder's tokens", () => {
    near(run("attention-gradient", {}, seq2seq).data.values, golden.cross.relevance[2]);
  });

  test("explains the decoder's own tokens by its self-attention alone", () => {
    const [one, two] = [steps[2]!, steps[4]!],
      decoder = seq2seq.tokens.slice(0, 3).map((token) => ({ ...token, source: "decoder" }));
    const alone = evidenceOf("a b c", {
      attentionInfo: [self(1), self(2)],
      attentions: [one, two].map(({ attention }) => arrayOf(attention)),
      gradients: { attentions: [one, two].map(({ gradient }) => arrayOf(gradient)) },
      readingPosition: 2,
    });
    near(
      run("attention-gradient", {}, { ...seq2seq, tokens: decoder }).data.values,
      run("attention-gradient", {}, alone).data.values,
    );
  });

  test("says so where no attention speaks for the target", () => {
    const zero = attentionGradients.map((g: { shape: number[]; data: Float32Array }) => ({
      ...g,
      data: g.data.map(() => 0),
    }));
    const result = run("attention-gradient", {}, { ...evidence, gradients: { attentions: zero } });
    expect(result.data.values).toEqual([0, 0, 0, 0, 0]);
    expect(result.notes).toHaveLength(1);
  });

  test("reads cross-attention's row, and rolls the encoder out through it", () => {
    near(
      run("attention", {}, seq2seq).data.values,
      mean((steps[5]!.attention as number[][][]).map((head) => head[2]!)),
    );
    const rolled = run("attention-rollout", {}, seq2seq);
    expect(rolled.data.values.reduce((a, b) => a + b)).toBeCloseTo(1, 5);
    expect(rolled.notes).toHaveLength(1);
  });
});

describe("attention-walkthrough", () => {
  const projections = golden.projections.map(({ query, key, value, scale }: Record<string, unknown>) => ({
    query: arrayOf(query),
    key: arrayOf(key),
    value: arrayOf(value),
    scale,
  }));
  const walk = (chosen = {}) =>
    explainers["attention-walkthrough"](
      { ...evidence, projections },
      optionsOf(manifest, "attention-walkthrough", chosen),
    );

  test("works out the model's own softmax from its queries and keys", () => {
    for (const layer of [1, 2]) {
      for (const head of [0, 1]) expect(walk({ layer, head }).checks![0]!.value!).toBeLessThan(1e-5);
    }
  });

  test("prints rows of weights that sum to one, and the weighted sum that torch gives", () => {
    const { sections } = walk({ layer: 2, head: 1, dimensions: 3 }).data;
    expect(sections.map(({ title }) => title.split(/[ :]/)[0])).toEqual([
      "Query",
      "Key",
      "Value",
      "Scores",
      "Weights",
      "Sum",
      "Output",
    ]);
    sections[5]!.entries.forEach(({ value }) => expect(value).toBeCloseTo(1, 5));
    expect(`${sections[6]!.entries[2]!.value}`.trim().split(/ +/).slice(0, 3).map(Number)).toEqual(
      golden.mixed[1][1][2].slice(0, 3).map((x: number) => Number(x.toFixed(3))),
    );
    expect(sections[6]!.entries[2]).toMatchObject({ label: "love", value: expect.stringContaining("… (4)") });
  });
});
