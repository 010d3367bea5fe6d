import { describe, expect, test } from "vitest";
import { fromNumbers } from "../../graph/fold.ts";
import type { Attribute } from "../../graph/graph.ts";
import { compare, Sketch } from "../testing.ts";

const [tokens, width, hidden, count] = [5, 32, 16, 4];
const expands = async (s: Sketch, y: string): Promise<void> => {
  const { ops, error, report } = await compare(s, [y]);
  expect(report.refused).toEqual([]);
  expect(ops.filter((op) => op.endsWith("MoE"))).toEqual([]);
  expect(error).toBeLessThan(2e-5);
};

describe("MoE", () => {
  const write = (
    s: Sketch,
    { fused = 1, gated = false, attributes = {} }: {
      fused?: number;
      gated?: boolean;
      attributes?: Readonly<Record<string, Attribute>>;
    },
  ): string => {
    const first = [s.c([count, fused * hidden, width]), s.c([count, fused * hidden])],
      second = [s.c([count, width, hidden]), s.c([count, width])];
    const inputs = [
      s.input(1, tokens, width),
      s.input(tokens, count),
      ...first,
      ...second,
      ...(gated ? [s.c([count, hidden, width]), ""] : []),
    ];
    return s.op("com.microsoft.MoE", inputs, { k: 2, ...attributes });
  };
  test.each(["relu", "gelu", "silu", "identity"])("weighs the results of its experts, %s", async (activation_type) => {
    const s = new Sketch();
    await expands(s, write(s, { attributes: { activation_type } }));
  });
  test("divides the weights by their sum", async () => {
    const s = new Sketch();
    await expands(s, write(s, { attributes: { activation_type: "silu", normalize_routing_weights: 1 } }));
  });
  test("takes SwiGLU in one tensor, interleaved", async () => {
    const s = new Sketch();
    const attributes = {
      activation_type: "swiglu",
      swiglu_fusion: 1,
      activation_alpha: 1.702,
      activation_beta: 1,
      swiglu_limit: 0.7,
    };
    await expands(s, write(s, { fused: 2, attributes }));
  });
  test("refuses a sparse mixer", async () => {
    const s = new Sketch(), y = write(s, { attributes: { use_sparse_mixer: 1 } });
    const { report } = await compare(s, [y]);
    expect(report.refused.map(({ because }) => because)).toEqual(["it mixes sparsely"]);
  });
});

describe("QMoE", () => {
  const bytes = (...dims: number[]) =>
    fromNumbers("uint8", dims, Array.from({ length: dims.reduce((a, b) => a * b, 1) }, (_, i) => (37 * i + 11) % 256));
  const scales = (s: Sketch, ...dims: number[]) =>
    s.c(
      fromNumbers(
        "float32",
        dims,
        Array.from({ length: dims.reduce((a, b) => a * b, 1) }, (_, i) => 0.01 + 0.001 * (i % 7)),
      ),
    );
  test.each([
    { bits: 4, block: 0, zeros: false },
    { bits: 8, block: 0, zeros: false },
    { bits: 4, block: 16, zeros: false },
    { bits: 4, block: 0, zeros: true },
    { bits: 4, block: 16, zeros: true },
  ])(
    "takes $bits-bit weights, blocks of $block, zero points $zeros",
    async ({ bits, block, zeros }) => {
      const s = new Sketch(),
        hidden = 32,
        per = 8 / bits,
        blocks = (columns: number) => (block ? [columns / block] : []);
      const first = [s.c(bytes(count, hidden, width / per)), scales(s, count, hidden, ...blocks(width)), ""];
      const second = [s.c(bytes(count, width, hidden / per)), scales(s, count, width, ...blocks(hidden)), ""];
      const zero = (rows: number, columns: number): string =>
        s.c(bytes(count, ...(block ? [rows, columns / block / per] : [rows / per])));
      const points = zeros ? ["", "", "", zero(hidden, width), zero(width, hidden)] : [];
      const attributes = {
        k: 2,
        activation_type: "silu",
        expert_weight_bits: bits,
        ...(block && { block_size: block }),
      };
      await expands(
        s,
        s.op(
          "com.microsoft.QMoE",
          [s.input(1, tokens, width), s.input(tokens, count), ...first, ...second, ...points],
          attributes,
        ),
      );
    },
  );
});
