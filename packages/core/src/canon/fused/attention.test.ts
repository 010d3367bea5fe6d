import { describe, expect, test } from "vitest";
import { fromNumbers } from "../../graph/fold.ts";
import type { Attribute } from "../../graph/graph.ts";
import { compare, Sketch } from "../testing.ts";

type Attributes = Readonly<Record<string, Attribute>>;
const ints = (dtype: "int32" | "int64", dims: number[], ...values: number[]) => fromNumbers(dtype, dims, values);
/** Runs one fused node before and after; its core must have become two products and a softmax. */
async function expands(s: Sketch, outputs: readonly string[], opset = 21): Promise<void> {
  const { ops, error, report } = await compare(s, outputs, { opset });
  expect(report.refused).toEqual([]);
  expect(ops.filter((op) => /Attention|RotaryEmbedding/.test(op))).toEqual([]);
  expect(ops.filter((op) => op === "Softmax")).toHaveLength(1);
  expect(error).toBeLessThan(1e-5);
}

describe("Attention", () => {
  const write = (
    s: Sketch,
    { mask = "", bias = "", attributes = {}, outputs = 1 }: {
      mask?: string;
      bias?: string;
      attributes?: Attributes;
      outputs?: number;
    } = {},
  ) =>
    s.ops("com.microsoft.Attention", [s.input(2, 3, 8), s.c([8, 24]), s.c([24]), mask, "", bias], outputs, {
      num_heads: 2,
      ...attributes,
    });
  test("becomes a projection, heads, softmax and both products", async () => {
    const s = new Sketch();
    await expands(s, write(s));
  });
  test.each([
    ["of lengths", ints("int32", [2], 3, 2)],
    ["of tokens", ints("int32", [2, 3], 1, 1, 1, 1, 0, 1)],
    ["of pairs of tokens", ints("int32", [2, 3, 3], ...[1, 0, 0, 1, 1, 0, 1, 1, 1], ...[1, 1, 0, 0, 1, 1, 1, 0, 1])],
  ])("takes a mask %s", async (_, mask) => {
    const s = new Sketch();
    await expands(s, write(s, { mask: s.feed(mask) }));
  });
  test("takes a causal mask, a bias on the scores, a scale, and gives the cache", async () => {
    const s = new Sketch();
    await expands(
      s,
      write(s, { bias: s.input(1, 2, 3, 3), attributes: { unidirectional: 1, scale: 0.3 }, outputs: 2 }),
    );
  });
  test("takes values of another width", async () => {
    const s = new Sketch();
    const y = s.op("com.microsoft.Attention", [s.input(2, 3, 8), s.c([8, 20]), s.c([20])], {
      num_heads: 2,
      qkv_hidden_sizes: [8, 8, 4],
    });
    await expands(s, [y]);
  });
  test("refuses a mask of a shape it does not know", async () => {
    const s = new Sketch(), { report } = await compare(s, write(s, { mask: s.feed(ints("int32", [4], 3, 2, 0, 0)) }));
    expect(report.refused.map(({ because }) => because)).toEqual(["its mask has the shape [4]"]);
  });
});

describe("MultiHeadAttention", () => {
  const write = (
    s: Sketch,
    inputs: readonly string[],
    { attributes = {}, outputs = 1 }: { attributes?: Attributes; outputs?: number } = {},
  ) => s.ops("com.microsoft.MultiHeadAttention", inputs, outputs, { num_heads: 2, ...attributes });
  test("takes queries and keys of different lengths, and values of another width", async () => {
    const s = new Sketch();
    await expands(s, write(s, [s.input(2, 3, 8), s.input(2, 5, 8), s.input(2, 5, 6)], { outputs: 3 }));
  });
  test("takes a bias of the projections, a mask of the keys and a bias on the scores", async () => {
    const s = new Sketch(), qkv = [s.input(2, 3, 8), s.input(2, 3, 8), s.input(2, 3, 8)];
    await expands(
      s,
      write(s, [...qkv, s.c([24]), s.feed(ints("int32", [2, 3], 1, 1, 0, 1, 1, 1)), s.input(1, 1, 3, 3)]),
    );
  });
  test("takes a causal mask and continues from a cache", async () => {
    const s = new Sketch(), qkv = [s.input(1, 3, 8), s.input(1, 3, 8), s.input(1, 3, 8)];
    await expands(
      s,
      write(s, [...qkv, "", "", "", s.input(1, 2, 2, 4), s.input(1, 2, 2, 4)], {
        attributes: { unidirectional: 1 },
        outputs: 3,
      }),
    );
  });
  test("takes keys and values that are heads already", async () => {
    const s = new Sketch();
    await expands(s, write(s, [s.input(1, 3, 8), s.input(1, 2, 5, 4), s.input(1, 2, 5, 4)]));
  });
});

describe("GroupQueryAttention", () => {
  const lengths = ints("int32", [1], 4),
    total = ints("int32", [], 5),
    tables = (s: Sketch) => [s.c([9, 8]), s.c([9, 8])];
  const write = (
    s: Sketch,
    inputs: readonly string[],
    { attributes = {}, outputs = 1 }: { attributes?: Attributes; outputs?: number } = {},
  ) => s.ops("com.microsoft.GroupQueryAttention", inputs, outputs, { num_heads: 4, kv_num_heads: 2, ...attributes });
  const qkv = (s: Sketch) => [s.input(1, 5, 64), s.input(1, 5, 32), s.input(1, 5, 32)];
  const rest = (s: Sketch) => [s.feed(lengths), s.feed(total)];
  test("is causal, and repeats key and value heads", async () => {
    const s = new Sketch();
    await expands(s, write(s, [...qkv(s), "", "", ...rest(s)], { outputs: 3 }));
  });
  test.each([0, 1])("rotates inside, interleaved %d", async (rotary_interleaved) => {
    const s = new Sketch();
    await expands(
      s,
      write(s, [...qkv(s), "", "", ...rest(s), ...tables(s)], {
        attributes: { do_rotary: 1, rotary_interleaved },
        outputs: 3,
      }),
    );
  });
  test("gives a sink of each head its share of the softmax, and a smooth softmax one of zero", async () => {
    const s = new Sketch();
    await expands(s, write(s, [...qkv(s), "", "", ...rest(s), "", "", "", "", s.c([4])], { outputs: 3 }));
    const smooth = new Sketch();
    await expands(
      smooth,
      write(smooth, [...qkv(smooth), "", "", ...rest(smooth)], { attributes: { smooth_softmax: 1 } }),
    );
  });
  test("takes queries, keys and values packed, and an empty cache", async () => {
    const s = new Sketch(), empty = () => s.feed(fromNumbers("float32", [1, 2, 0, 16], []));
    await expands(
      s,
      write(s, [s.input(1, 5, 128), "", "", empty(), empty(), ...rest(s), ...tables(s)], {
        attributes: { do_rotary: 1, scale: 0.2 },
        outputs: 3,
      }),
    );
  });
  test("takes a local window", async () => {
    const s = new Sketch();
    await expands(s, write(s, [...qkv(s), "", "", ...rest(s)], { attributes: { local_window_size: 2 } }));
  });
  test("takes a soft cap", async () => {
    const s = new Sketch();
    await expands(s, write(s, [...qkv(s), "", "", ...rest(s)], { attributes: { softcap: 0.5 } }));
  });
  test("refuses a shared cache", async () => {
    const s = new Sketch(), cache = () => s.input(1, 2, 8, 16);
    const { report } = await compare(s, write(s, [...qkv(s), cache(), cache(), ...rest(s)], { outputs: 3 }));
    expect(report.refused.map(({ because }) => because)).toEqual([
      "its cache is shared: how much of it counts is not known",
    ]);
  });
});

describe("Attention of opset 23", () => {
  const write = (
    s: Sketch,
    inputs: readonly string[],
    { attributes = {}, outputs = 1 }: { attributes?: Attributes; outputs?: number } = {},
  ) => s.ops("Attention", inputs, outputs, attributes);
  const heads = (s: Sketch) => [s.input(2, 4, 3, 8), s.input(2, 2, 5, 8), s.input(2, 2, 5, 6)];
  test("repeats key and value heads", async () => {
    const s = new Sketch();
    await expands(s, write(s, heads(s)), 23);
  });
  test("takes flat inputs and is causal", async () => {
    const s = new Sketch(), flat = [s.input(2, 5, 32), s.input(2, 5, 16), s.input(2, 5, 16)];
    await expands(s, write(s, flat, { attributes: { q_num_heads: 4, kv_num_heads: 2, is_causal: 1, scale: 0.2 } }), 23);
  });
  test("takes a mask of booleans", async () => {
    const s = new Sketch(), mask = s.feed(fromNumbers("bool", [3, 5], [1, 0, 1, 1, 1, 0, 1, 1, 0, 1, 1, 1, 1, 0, 1]));
    await expands(s, write(s, [...heads(s), mask]), 23);
  });
  test("takes a mask that is added", async () => {
    const s = new Sketch();
    await expands(s, write(s, [...heads(s), s.input(1, 1, 3, 5)]), 23);
  });
  test("caps scores, masks behind", async () => {
    const s = new Sketch();
    await expands(s, write(s, [...heads(s), s.input(1, 1, 3, 5)], { attributes: { softcap: 0.5, is_causal: 1 } }), 23);
  });
  test("continues from a cache", async () => {
    const s = new Sketch();
    await expands(s, write(s, [...heads(s), "", s.input(2, 2, 4, 8), s.input(2, 2, 4, 6)], { outputs: 3 }), 23);
  });
});

describe("RotaryEmbedding", () => {
  const turns = async (s: Sketch, y: string, opset = 21): Promise<void> => {
    const { ops, error } = await compare(s, [y], { opset });
    expect(ops).not.toContain("RotaryEmbedding");
    expect(ops).not.toContain("com.microsoft.RotaryEmbedding");
    expect(error).toBeLessThan(1e-5);
  };
  const positions = (s: Sketch) => s.feed(ints("int64", [2, 3], 0, 1, 2, 4, 5, 6)),
    tables = (s: Sketch) => [s.c([9, 4]), s.c([9, 4])];
  test.each([0, 1])("of com.microsoft, interleaved %d", async (interleaved) => {
    const s = new Sketch();
    await turns(
      s,
      s.op("com.microsoft.RotaryEmbedding", [s.input(2, 3, 16), positions(s), ...tables(s)], { interleaved }),
    );
  });
  test("of com.microsoft over heads, from an offset", async () => {
    const s = new Sketch();
    await turns(
      s,
      s.op("com.microsoft.RotaryEmbedding", [s.input(2, 2, 3, 8), s.feed(ints("int64", [1], 3)), ...tables(s)]),
    );
  });
  test("of com.microsoft over a part of the channels", async () => {
    const s = new Sketch();
    await turns(
      s,
      s.op("com.microsoft.RotaryEmbedding", [s.input(2, 3, 24), positions(s), ...tables(s)], {
        num_heads: 2,
        rotary_embedding_dim: 8,
      }),
    );
  });
  test.each([0, 1])("of opset 23, interleaved %d", async (interleaved) => {
    const s = new Sketch();
    await turns(s, s.op("RotaryEmbedding", [s.input(2, 2, 3, 8), ...tables(s), positions(s)], { interleaved }), 23);
  });
  test("of opset 23 with a row of the tables for each token", async () => {
    const s = new Sketch();
    await turns(
      s,
      s.op("RotaryEmbedding", [s.input(2, 3, 16), s.input(2, 3, 4), s.input(2, 3, 4)], { num_heads: 2 }),
      23,
    );
  });
});
