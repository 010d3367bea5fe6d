import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { arrayOf, evidenceOf, optionsOf, tokensOf } from "../shared/sample.ts";
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

/** An encoder of four tokens under a decoder of three, random arrays. */
const steps = golden.cross.steps as { kind: string; attention: unknown; gradient: unknown }[];
const seq2seq = evidenceOf("a b c d x y z", {
  attentionInfo: steps.map(({ kind }, i) =>
    kind === "cross"
      ? { layer: i < 4 ? 1 : 2, name: `cross.${i}`, kind: "cross" as const, from: "decoder", to: "encoder" }
      : self(1 + (i % 2 && kind === "explained" ? 1 : i === 4 ? 1 : 0), kind === "explained" ? "encoder" : "decoder")
  ),
  attentions: steps.map(({ attention }) => arrayOf(attention)),
  gradients: { attentions: steps.map(({ gradient }) => arrayOf(gradient)) },
  readingPosition: 6,
  tokens: tokensOf("a b c d x y z").map((token, t) => ({ ...token, source: t < 4 ? "encoder" : "decoder" })),
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

  test("carries relevance from a decoder's position to the encoder's tokens", () => {
    const { data, notes } = run("attention-gradient", {}, seq2seq);
    near(data.values.slice(0, 4), golden.cross.relevance[2]);
    expect(notes).toHaveLength(1);
  });

  test("scores the decoder's own tokens by its self-attention, as if it were alone", () => {
    const own = steps.filter(({ kind }) => kind === "reading");
    const alone = evidenceOf("a b c", {
      attentionInfo: [self(1), self(2)],
      attentions: own.map(({ attention }) => arrayOf(attention)),
      gradients: { attentions: own.map(({ gradient }) => arrayOf(gradient)) },
      readingPosition: 2,
    });
    near(run("attention-gradient", {}, seq2seq).data.values.slice(4), run("attention-gradient", {}, alone).data.values);
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
});

describe("two sources", () => {
  const mixed = (kind: number, row: number) => mean((steps[kind]!.attention as number[][][]).map((head) => head[row]!));

  test("the row that is read holds cross-attention to the encoder and self-attention over the decoder", () => {
    const { data } = run("attention", {}, seq2seq);
    near(data.values, [...mixed(5, 2), ...mixed(4, 2)]);
    near(run("attention", { layer: 1, view: "matrix" }, seq2seq).data.values.slice(0, 7), [...mixed(0, 0), 0, 0, 0]);
  });

  test("rollout takes cross-attention as one more layer, whatever the order of the evidence", () => {
    const { data, notes } = run("attention-rollout", {}, seq2seq),
      backwards = (list: readonly unknown[] | undefined) => [...list!].reverse() as never;
    expect(data.values.reduce((a, b) => a + b)).toBeCloseTo(1, 5);
    expect(notes).toHaveLength(1);
    near(
      run("attention-rollout", {}, {
        ...seq2seq,
        attentionInfo: backwards(seq2seq.attentionInfo),
        attentions: backwards(seq2seq.attentions),
      }).data.values,
      data.values,
    );
    // The last layer alone: half of the row after self-attention, half of cross-attention.
    const after = mixed(4, 2).map((a, j) => (a + (j === 2 ? 1 : 0)) / 4), across = mixed(5, 2).map((a) => a / 2);
    const encoder = mixed.bind(null, 1),
      through = [0, 1, 2, 3].map((j) =>
        across.reduce((sum, a, i) => sum + (a * (encoder(i)[j]! + (i === j ? 1 : 0))) / 2, 0)
      );
    near(run("attention-rollout", { startLayer: 2 }, seq2seq).data.values, [...through, ...after]);
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

describe("positions without a token", () => {
  const tokens = evidence.tokens.slice(1), patches = tokens.map((token) => ({ ...token, special: false }));
  const { readingPosition: _, ...pictured } = { ...evidence, tokens: patches };

  test("a class token before the patches is where the row is read, and is not shown", () => {
    for (const id of ["attention", "attention-rollout", "attention-gradient"] as const) {
      const [whole, picture] = [run(id), run(id, {}, pictured)];
      near(picture.data.values, whole.data.values.slice(1));
      expect(picture.notes!.join()).toContain("class token");
    }
    expect(run("attention", { view: "matrix" }, pictured).data).toMatchObject({ shape: [4, 4], rows: [0, 1, 2, 3] });
    expect(run("attention", { view: "grid", layer: "all", head: "all" }, pictured).data.shape).toEqual([2, 2, 4, 4]);
  });

  test("attention over fewer positions than tokens is refused", () => {
    const more = { ...evidence, tokens: [...evidence.tokens, ...evidence.tokens] };
    expect(() => run("attention", {}, more)).toThrow(expect.objectContaining({ code: "MISSING_EVIDENCE" }));
  });
});
