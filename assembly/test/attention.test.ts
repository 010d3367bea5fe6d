import { describe, expect, test } from "vitest";
import { Arena, available, error, random, randoms } from "./arena.ts";
import { softmax } from "./truth.ts";

interface Shape {
  queries: number;
  keys: number;
  width: number;
  valueWidth: number;
  causal?: number;
  mask?: "row" | "full";
}
interface Shares {
  value: number;
  score: number;
}

/** Attention of one head and its cotangents, entry by entry in doubles. */
function truth(
  { queries, keys, width, valueWidth, causal = keys }: Shape,
  data: Record<"q" | "k" | "v" | "g", Float32Array>,
  mask: (i: number, j: number) => number,
  scale: number,
  shares: Shares,
) {
  const { q, k, v, g } = data;
  const dot = (i: number, j: number): number =>
    Array.from({ length: width }, (_, c) => q[i * width + c]! * k[j * width + c]!).reduce((a, b) => a + b, 0);
  const out = new Float64Array(queries * valueWidth),
    dq = new Float64Array(queries * width),
    dk = new Float64Array(keys * width),
    dv = new Float64Array(keys * valueWidth);
  let entered = 0, left = 0;
  for (let i = 0; i < queries; i++) {
    const s = Array.from({ length: keys }, (_, j) => (j > i + causal ? -Infinity : scale * dot(i, j) + mask(i, j))),
      a = softmax(s);
    const da = a.map((_, j) =>
      shares.value *
      Array.from({ length: valueWidth }, (_, c) => g[i * valueWidth + c]! * v[j * valueWidth + c]!).reduce(
        (x, y) => x + y,
        0,
      )
    );
    const mean = a.reduce((sum, p, j) => sum + p * da[j]!, 0);
    entered += mean;
    a.forEach((p, j) => {
      const ds = p * (da[j]! - mean);
      left += ds * scale * dot(i, j);
      for (let c = 0; c < valueWidth; c++) {
        out[i * valueWidth + c]! += p * v[j * valueWidth + c]!;
        dv[j * valueWidth + c]! += shares.value * p * g[i * valueWidth + c]!;
      }
      for (let c = 0; c < width; c++) {
        dq[i * width + c]! += shares.score * scale * ds * k[j * width + c]!;
        dk[j * width + c]! += shares.score * scale * ds * q[i * width + c]!;
      }
    });
  }
  return { out, dq, dk, dv, entered, left };
}

const SHAPES: Shape[] = [
  { queries: 0, keys: 3, width: 4, valueWidth: 4 },
  { queries: 1, keys: 1, width: 1, valueWidth: 1 },
  { queries: 5, keys: 7, width: 3, valueWidth: 6, mask: "row" },
  { queries: 63, keys: 65, width: 8, valueWidth: 8, mask: "full" },
  { queries: 64, keys: 64, width: 12, valueWidth: 13, causal: 0 },
  { queries: 65, keys: 70, width: 32, valueWidth: 32, causal: 5 },
  { queries: 130, keys: 130, width: 16, valueWidth: 16, causal: 0, mask: "row" },
];
const SHARES: Record<string, Shares> = {
  gradient: { value: 1, score: 1 },
  AttnLRP: { value: 0.5, score: 0.5 },
  "CP-LRP": { value: 1, score: 0 },
};
const real = new Float32Array(1), bits = new Int32Array(real.buffer);
const word = (value: number): number => (real[0] = value, bits[0]!);

describe.each(available)("attention of the %s build", (build) => {
  const arena = new Arena(build), { kernel } = arena;

  test.each(Object.entries(SHARES))(
    "cotangents under the shares of %s agree with a slow T×T computation, tile edges included",
    (_, shares) => {
      for (const shape of SHAPES) {
        arena.clear();
        const { queries, keys, width, valueWidth, causal = keys } = shape, next = random(queries + keys), scale = 0.37;
        const data = {
          q: randoms(queries * width, next, 2),
          k: randoms(keys * width, next, 2),
          v: randoms(keys * valueWidth, next),
          g: randoms(queries * valueWidth, next),
        };
        const rows = shape.mask === "full" ? queries : 1,
          mask = shape.mask
            ? randoms(rows * keys, next).map((v, i) => (i % keys > 0 && v > 0.6 ? -Infinity : v))
            : undefined;
        const expected = truth(
          shape,
          data,
          (i, j) => (mask ? mask[(rows === 1 ? 0 : i) * keys + j]! : 0),
          scale,
          shares,
        );
        const at = {
          q: arena.floats(data.q),
          k: arena.floats(data.k),
          v: arena.floats(data.v),
          g: arena.floats(data.g),
        };
        const out = arena.room(queries * valueWidth),
          dq = arena.room(queries * width),
          dk = arena.floats(new Float32Array(keys * width)),
          dv = arena.floats(new Float32Array(keys * valueWidth)),
          ledger = arena.floats([0, 0]);
        const head = (g: number): number =>
          arena.words([
            queries,
            keys,
            width,
            valueWidth,
            at.q,
            width,
            at.k,
            width,
            at.v,
            valueWidth,
            mask ? arena.floats(mask) : 0,
            rows === 1 ? 0 : keys,
            causal,
            word(scale),
            word(shares.value),
            word(shares.score),
            g,
            valueWidth,
            dq,
            width,
            dk,
            width,
            dv,
            valueWidth,
            ledger,
          ]);
        const scratch = arena.scratch(kernel.attention_scratch_bytes(keys));
        kernel.attention_f32(head(out), scratch);
        kernel.attention_cotangent_f32(head(at.g), scratch);
        expect(error(arena.read(out, queries * valueWidth), expected.out)).toBeLessThan(1e-5);
        expect(error(arena.read(dq, queries * width), expected.dq)).toBeLessThan(1e-5);
        expect(error(arena.read(dk, keys * width), expected.dk)).toBeLessThan(1e-5);
        expect(error(arena.read(dv, keys * valueWidth), expected.dv)).toBeLessThan(1e-5);
        if (shares.score > 0) {
          expect(error(arena.read(ledger, 2), [expected.entered, expected.left])).toBeLessThan(1e-4);
        }
        expect(arena.intact()).toBe(true);
      }
    },
  );

  test("scratch grows linearly with the number of keys", () => {
    const [a, b, c] = [1000, 2000, 4000].map((keys) => kernel.attention_scratch_bytes(keys)) as [
      number,
      number,
      number,
    ];
    expect(c - b).toBe(2 * (b - a));
  });
});
