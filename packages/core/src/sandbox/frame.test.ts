import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decode, encode } from "./frame.ts";
import { framed, unframer } from "./stream.ts";

const bad = expect.objectContaining({ code: "BAD_FRAME" });

describe("a frame", () => {
  test("gives back what was put in: typed arrays of each kind, long and short lists, what JSON cannot say", () => {
    const message = {
      kind: "explain",
      arrays: [Float32Array.of(1, -0.1), Float64Array.of(Math.PI), Int32Array.of(-7), Uint8Array.of(1, 2, 3)],
      empty: new Float32Array(0),
      long: Array.from({ length: 40 }, (_, i) => i / 3),
      edits: [{ keep: Array.from({ length: 40 }, (_, i) => i % 3 === 0) }, { keep: [true, false] }],
      odd: [NaN, Infinity, -Infinity, 1],
      nothing: null,
      text: "漢字 \0 \u2028",
    };
    expect(decode(encode(message))).toEqual(message);
  });

  test("gives back any JSON", () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => {
      const given = JSON.parse(JSON.stringify({ value }, (key, v) => (key === "__proto__" ? undefined : v)));
      expect(decode(encode(given))).toEqual(given);
    }));
  });

  test("carries numbers as they lie in memory, not as text", () => {
    expect(encode({ data: new Float32Array(1e5).fill(Math.PI) }).length).toBeLessThan(4e5 + 100);
  });

  test("of a view holds the view alone", () => {
    expect(decode(encode({ part: new Float32Array([1, 2, 3, 4]).subarray(1, 3) }))).toEqual({
      part: Float32Array.of(2, 3),
    });
  });

  test("is refused where it is no frame, reaches outside itself or into prototypes", () => {
    const header = (text: string) => {
      const bytes = new TextEncoder().encode(text), frame = new Uint8Array(4 + bytes.length);
      new DataView(frame.buffer).setUint32(0, bytes.length, true);
      frame.set(bytes, 4);
      return frame;
    };
    for (
      const frame of [
        new Uint8Array(3),
        Uint8Array.of(255, 255, 255, 255, 1),
        header("{"),
        header('{"__proto__": {"polluted": 1}}'),
        header('{"a": {"constructor": {"__proto__": 1}}}'),
        ...["[]", '["f32",0,1]', '["f32",-8,1]', '["f32",0,1e9]', '["f32",0.5,0]', '["toString",0,0]', "7"].map((
          block,
        ) => header(`{"a": {"\\u0000": ${block}}}`)),
      ]
    ) expect(() => decode(frame)).toThrow(bad);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  test("is refused or read whatever its bytes are, and nothing else happens", () => {
    const sound = encode({ a: Float32Array.of(1, 2, 3), b: [1, 2] });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(sound.length - 1), fc.nat(255)), { maxLength: 6 }),
        fc.nat(sound.length),
        (hits, end) => {
          const frame = sound.slice(0, end);
          for (const [at, byte] of hits) if (at < end) frame[at] = byte;
          try {
            decode(frame);
          } catch (error) {
            expect(error).toEqual(bad);
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe("a stream of frames", () => {
  test("is the same however it is cut into pieces", () => {
    const frames = [Uint8Array.of(1, 2, 3), new Uint8Array(0), new Uint8Array(300).fill(7)];
    const all = frames.flatMap((frame) => [...framed(frame)]);
    fc.assert(fc.property(fc.array(fc.nat(all.length), { maxLength: 9 }), (cuts) => {
      const read = unframer(1000), edges = [0, ...cuts.sort((a, b) => a - b), all.length];
      const found = edges.slice(1).flatMap((to, i) => read(Uint8Array.from(all.slice(edges[i], to))));
      expect(found).toEqual(frames);
    }));
  });

  test("is refused as soon as a frame claims too much", () => {
    expect(() => unframer(1000)(Uint8Array.of(233, 3, 0, 0))).toThrow(bad);
    expect(unframer(1000)(Uint8Array.of(232, 3, 0, 0))).toEqual([]);
  });
});
