import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { contiguousSteps, size } from "./dims.ts";
import { Heap } from "./heap.ts";
import { aligned, plan } from "./plan.ts";
import {
  collapsed,
  expanded,
  isContiguous,
  permuted,
  reshaped,
  sliced,
  type Storage,
  type View,
  whole,
} from "./view.ts";

const storage = (bytes: number, first = 0, last = 0): Storage => ({ bytes, at: -1, first, last, fixed: false });
/** Where each element of a view lies, in row-major order. */
const places = ({ offset, dims, steps }: View): number[] =>
  dims.reduce<number[]>(
    (all, d, axis) => all.flatMap((at) => Array.from({ length: d }, (_, i) => at + i * steps[axis]!)),
    [offset],
  );
const dims = fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 4 });

describe("the memory plan", () => {
  test("never lets storages that live at the same time overlap, and needs at least what lives at the worst moment", () => {
    const lives = fc.array(
      fc.tuple(fc.integer({ min: 0, max: 5000 }), fc.integer({ min: -1, max: 20 }), fc.integer({ min: 0, max: 10 })),
      { maxLength: 25 },
    );
    fc.assert(fc.property(lives, (spans) => {
      const storages = spans.map(([bytes, first, length]) => storage(bytes, first, first + length)),
        peak = plan(storages);
      for (const [i, a] of storages.entries()) {
        expect(a.at % 64).toBe(0);
        expect(a.at + a.bytes).toBeLessThanOrEqual(peak);
        for (const b of storages.slice(0, i)) {
          if (a.first > b.last || b.first > a.last || a.bytes === 0 || b.bytes === 0) continue;
          expect(a.at + a.bytes <= b.at || b.at + b.bytes <= a.at).toBe(true);
        }
      }
      const worst = Math.max(
        0,
        ...Array.from(
          { length: 32 },
          (_, t) => storages.filter((s) => s.first <= t - 1 && t - 1 <= s.last).reduce((sum, s) => sum + s.bytes, 0),
        ),
      );
      expect(peak).toBeGreaterThanOrEqual(worst);
    }));
  });

  test("gives a chain of equal tensors two places, however long it is", () => {
    expect(plan(Array.from({ length: 30 }, (_, i) => storage(1 << 20, i, i + 1)))).toBe(2 << 20);
  });
});

describe("the heap", () => {
  test("hands out ranges that never overlap, and grows no further once what was freed suffices", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 0, max: 200_000 })), { maxLength: 40 }),
        (moves) => {
          const heap = new Heap(new WebAssembly.Memory({ initial: 1, maximum: 1000 }), 64),
            held: { at: number; bytes: number }[] = [];
          for (const [free, bytes] of moves) {
            if (free && held.length) {
              const { at, bytes: size } = held.splice(bytes % held.length, 1)[0]!;
              heap.free(at, size);
            } else {
              const at = heap.allocate(bytes);
              expect(at).toBeGreaterThanOrEqual(64);
              expect(at + bytes).toBeLessThanOrEqual(heap.bytes);
              for (const other of held) {
                expect(at + aligned(Math.max(1, bytes)) <= other.at || other.at + other.bytes <= at).toBe(true);
              }
              held.push({ at, bytes });
            }
          }
          held.forEach(({ at, bytes }) => heap.free(at, bytes));
          expect(heap.allocate(1)).toBe(64);
        },
      ),
    );
  });

  test("says how much it wanted where the engine gives no more", () => {
    const heap = new Heap(new WebAssembly.Memory({ initial: 1, maximum: 2 }), 0);
    expect(() => heap.allocate(10_000_000)).toThrow(
      expect.objectContaining({ code: "KERNEL_MEMORY", message: 'The kernel cannot get "10" MB of memory' }),
    );
  });
});

describe("views", () => {
  test("a reshape is a view exactly where it shows the same elements in the same order", () => {
    const shapes = dims.chain((from) =>
      fc.tuple(fc.constant(from), fc.shuffledSubarray(from.map((_, i) => i), { minLength: from.length }), fc.integer())
    );
    fc.assert(fc.property(shapes, ([from, perm, pick]) => {
      const view = permuted(whole(storage(4 * size(from)), from), perm), flat = reshaped(view, [size(from)]);
      if (isContiguous(view)) expect(flat).toBeDefined();
      if (flat) expect(places(flat)).toEqual(places(view));
      // Any split of the merged shape and any insertion of ones, too.
      const to = view.dims.flatMap((d, i) => (d > 1 && (pick >> i) & 1 ? [1, d] : [d]));
      expect(places(reshaped(view, to)!)).toEqual(places(view));
    }));
  });

  test("slices and expansions read what ONNX says they read", () => {
    const view = whole(storage(4 * 24), [2, 3, 4]);
    expect(places(sliced(view, 2, { start: 3, step: -2, count: 2 }))).toEqual([
      3,
      1,
      7,
      5,
      11,
      9,
      15,
      13,
      19,
      17,
      23,
      21,
    ]);
    expect(places(expanded(whole(storage(12), [3, 1]), [2, 3, 2]))).toEqual([0, 0, 1, 1, 2, 2, 0, 0, 1, 1, 2, 2]);
  });

  test("merging axes keeps every operand's places", () => {
    fc.assert(fc.property(dims, fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }), (shape, repeat) => {
      const steps = contiguousSteps(shape),
        repeated = steps.map((s, i) => (repeat[i] ? 0 : s)),
        flat = collapsed(shape, [steps, repeated]);
      [steps, repeated].forEach((by, k) => {
        const before = places({ storage: storage(0), offset: 0, dims: shape, steps: by });
        expect(places({ storage: storage(0), offset: 0, dims: flat.dims, steps: flat.steps[k]! })).toEqual(before);
      });
      expect(flat.dims.length).toBeLessThanOrEqual(Math.max(1, shape.length));
    }));
  });
});
