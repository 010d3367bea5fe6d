import { describe, expect, test } from "vitest";
import { Arena, available, error, random, randoms } from "./arena.ts";
import { softmax } from "./truth.ts";

interface Sizes {
  queries: number;
  keys: number;
  width: number;
  valueWidth: number;
  seeds: number;
  mask: "none" | "row" | "full" | "causal" | "blind";
  /** Keys on either side of its own place that a row sees. */
  window?: number;
}
interface Shares {
  value: number;
  score: number;
}
type Data = Record<"q" | "k" | "v", Float32Array>;

/** The cotangents of one head for one message, entry by entry in doubles. */
function truth(
  { queries, keys, width, valueWidth }: Sizes,
  { q, k, v }: Data,
  g: Float32Array,
  { mask, scale, shares }: { mask: (i: number, j: number) => number; scale: number; shares: Shares },
) {
  const sum = (count: number, of: (c: number) => number): number =>
    Array.from({ length: count }, (_, c) => of(c)).reduce((a, b) => a + b, 0);
  const dq = new Float64Array(queries * width),
    dk = new Float64Array(keys * width),
    dv = new Float64Array(keys * valueWidth),
    o = new Float64Array(queries * valueWidth);
  let masked = 0;
  for (let i = 0; i < queries; i++) {
    const a = softmax(
      Array.from(
        { length: keys },
        (_, j) => scale * sum(width, (c) => q[i * width + c]! * k[j * width + c]!) + mask(i, j),
      ),
    );
    const da = a.map((_, j) => shares.value * sum(valueWidth, (c) => g[i * valueWidth + c]! * v[j * valueWidth + c]!));
    const mean = sum(keys, (j) => a[j]! * da[j]!);
    a.forEach((p, j) => {
      for (let c = 0; c < valueWidth; c++) o[i * valueWidth + c]! += p * v[j * valueWidth + c]!;
      const ds = p * (da[j]! - mean);
      if (ds !== 0) masked += ds * mask(i, j);
      for (let c = 0; c < valueWidth; c++) dv[j * valueWidth + c]! += shares.value * p * g[i * valueWidth + c]!;
      for (let c = 0; c < width; c++) {
        dq[i * width + c]! += shares.score * scale * ds * k[j * width + c]!;
        dk[j * width + c]! += shares.score * scale * ds * q[i * width + c]!;
      }
    });
  }
  return { o, dq, dk, dv, masked };
}

const SIZES: Sizes[] = [
  { queries: 0, keys: 3, width: 4, valueWidth: 4, seeds: 1, mask: "none" },
  { queries: 1, keys: 1, width: 1, valueWidth: 1, seeds: 1, mask: "none" },
  { queries: 5, keys: 7, width: 3, valueWidth: 6, seeds: 2, mask: "row" },
  { queries: 63, keys: 65, width: 8, valueWidth: 8, seeds: 1, mask: "full" },
  { queries: 64, keys: 64, width: 12, valueWidth: 13, seeds: 3, mask: "causal" },
  { queries: 65, keys: 70, width: 32, valueWidth: 32, seeds: 1, mask: "causal" },
  { queries: 130, keys: 130, width: 16, valueWidth: 16, seeds: 2, mask: "causal" },
  { queries: 130, keys: 130, width: 16, valueWidth: 16, seeds: 2, mask: "none", window: 20 },
  { queries: 70, keys: 130, width: 6, valueWidth: 5, seeds: 1, mask: "row", window: 65 },
  { queries: 66, keys: 9, width: 5, valueWidth: 7, seeds: 1, mask: "blind" },
];
const next = random(11),
  between = (from: number, to: number): number => from + Math.floor((next() + 1) / 2 * (to - from + 1));
/** Sizes at random around the edges of tiles. */
const FUZZ: Sizes[] = Array.from({ length: 40 }, () => ({
  queries: [0, 1, 63, 64, 65, between(2, 140)][between(0, 5)]!,
  keys: [1, 11, 12, 13, between(2, 140)][between(0, 4)]!,
  width: between(1, 18),
  valueWidth: between(1, 18),
  seeds: between(1, 3),
  mask: (["none", "row", "full", "causal"] as const)[between(0, 3)]!,
  ...(between(0, 1) ? { window: between(0, 90) } : {}),
}));
/** First key that row i sees, and the one behind the last: never none. */
const spanOf = ({ queries, keys, window = keys }: Sizes, i: number): [number, number] => {
  const at = Math.round((i * (keys - 1)) / Math.max(1, queries - 1));
  return [Math.max(0, at - window), Math.min(keys, at + window + 1)];
};
const SHARES: Record<string, Shares> = { gradient: { value: 1, score: 1 }, AttnLRP: { value: 0.5, score: 0.5 } };
const real = new Float32Array(1), bits = new Int32Array(real.buffer);
const word = (value: number): number => (real[0] = value, bits[0]!);

/** What hides a key is low beyond doubt; the rest of a mask is of the size of scores. */
function maskOf(sizes: Sizes, next: () => number): { rows: number; values: number[] } | undefined {
  const { queries, keys, mask, window } = sizes;
  if (mask === "none") return undefined;
  const rows = mask === "row" ? 1 : queries;
  const values = Array.from({ length: rows * keys }, (_, at) => {
    const i = Math.floor(at / keys), j = at % keys;
    if (mask === "causal") return j > i + keys - queries && j > 0 && j !== spanOf(sizes, i)[0] ? -3.4e38 : 0;
    if (mask === "blind" && i % 3 === 1) return -1e30; // a row that sees nothing attends to all alike
    return j > 0 && window === undefined && next() > 0.6 ? -Infinity : next();
  });
  return { rows, values };
}

describe.each(available)("attention of the %s build", (build) => {
  const arena = new Arena(build), { kernel } = arena;

  function agrees(sizes: Sizes, shares: Shares): void {
    arena.clear();
    const { queries, keys, width, valueWidth, seeds } = sizes, next = random(queries + keys), scale = 0.37;
    const data: Data = {
      q: randoms(queries * width, next, 2),
      k: randoms(keys * width, next, 2),
      v: randoms(keys * valueWidth, next),
    };
    const gs = Array.from({ length: seeds }, () => randoms(queries * valueWidth, next)), mask = maskOf(sizes, next);
    const at = { q: arena.floats(data.q), k: arena.floats(data.k), v: arena.floats(data.v) };
    const g = arena.floats(gs.flatMap((one) => [...one])), m = mask ? arena.floats(mask.values) : 0;
    const room = { dq: queries * width, dk: keys * width, dv: keys * valueWidth };
    const [dq, dk, dv, masked] = [room.dq, room.dk, room.dv, 1].map((count) => arena.room(count * seeds)) as [
      number,
      number,
      number,
      number,
    ];
    const o = arena.room(queries * valueWidth);
    const shape = arena.words([
      ...[queries, keys, width, valueWidth, width, width, valueWidth, !mask || mask.rows === 1 ? 0 : keys, seeds],
      ...[valueWidth, queries * valueWidth, width, room.dq, width, room.dk, valueWidth, room.dv, 1, valueWidth],
      ...[scale, shares.value, shares.score].map(word),
    ]);
    const spans = sizes.window === undefined
      ? 0
      : arena.words(Array.from({ length: queries }, (_, i) => spanOf(sizes, i)).flat());
    const tile = arena.scratch(kernel.attention_tile_bytes(keys)), scratch = arena.scratch(kernel.gemm_scratch_bytes());
    kernel.attention_f32(shape, at.q, at.k, at.v, m, spans, o, g, dq, dk, dv, mask ? masked : 0, tile, scratch);
    gs.forEach((one, s) => {
      const how = {
        mask: (i: number, j: number): number => {
          const [from, to] = spanOf(sizes, i);
          return j < from || j >= to ? -Infinity : mask?.values[(mask.rows === 1 ? 0 : i) * keys + j] ?? 0;
        },
        scale,
        shares,
      };
      const expected = truth(sizes, data, one, how);
      const found = (place: number, count: number): Float32Array => arena.read(place + 4 * s * count, count);
      expect(error(arena.read(o, queries * valueWidth), expected.o)).toBeLessThan(1e-5);
      expect(error(found(dq, room.dq), expected.dq)).toBeLessThan(1e-5);
      expect(error(found(dk, room.dk), expected.dk)).toBeLessThan(1e-5);
      expect(error(found(dv, room.dv), expected.dv)).toBeLessThan(1e-5);
      if (mask && sizes.mask !== "blind") expect(error(found(masked, 1), [expected.masked])).toBeLessThan(1e-4);
    });
    expect(arena.intact()).toBe(true);
  }

  test.each(Object.entries(SHARES))(
    "the context and cotangents under the shares of %s agree with a slow T×T computation and stay within their arrays",
    (_, shares) => {
      for (const sizes of [...SIZES, ...FUZZ]) agrees(sizes, shares);
    },
  );

  test("computes only what is asked for", () => {
    arena.clear();
    const [t, w] = [70, 8], next = random(5), place = () => arena.floats(randoms(t * w, next));
    const [q, k, v, g] = [place(), place(), place(), place()] as const;
    const shape = arena.words([t, t, w, w, w, w, w, 0, 1, w, 0, w, 0, w, 0, w, 0, 0, w, ...[0.3, 1, 0].map(word)]);
    const tile = arena.scratch(kernel.attention_tile_bytes(t)), scratch = arena.scratch(kernel.gemm_scratch_bytes());
    const [all, alone] = [arena.room(t * w), arena.room(t * w)],
      others = [arena.room(t * w), arena.room(t * w)] as const;
    kernel.attention_f32(shape, q, k, v, 0, 0, 0, g, others[0], others[1], all, 0, tile, scratch);
    kernel.attention_f32(shape, q, k, v, 0, 0, 0, g, 0, 0, alone, 0, tile, scratch);
    expect(arena.read(alone, t * w)).toEqual(arena.read(all, t * w));
    expect(arena.intact()).toBe(true);
  });

  test("a tile grows linearly with the number of keys", () => {
    const [a, b, c] = [1000, 2000, 4000].map((keys) => kernel.attention_tile_bytes(keys)) as [number, number, number];
    expect(c - b).toBe(2 * (b - a));
  });
});
