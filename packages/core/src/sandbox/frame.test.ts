import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decode, encode } from "./frame.ts";
import { unframer } from "./stream.ts";

const bad = expect.objectContaining({ code: "BAD_FRAME" });

/** A frame with this header and so many zeros behind it. */
function forged(header: string, bytes = 0): Uint8Array {
  const text = new TextEncoder().encode(header), start = 8 * Math.ceil((8 + text.length) / 8);
  const frame = new Uint8Array(start + bytes);
  new Uint32Array(frame.buffer, 0, 2).set([frame.length, text.length]);
  frame.set(text, 8);
  return frame;
}

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

  test("gives arrays that lie in it, and the same ones wherever it begins", () => {
    const frame = encode({ data: Float64Array.of(1, 2) }), later = new Uint8Array(frame.length + 3);
    later.set(frame, 3);
    const { data } = decode(frame) as { data: Float64Array };
    expect(data.buffer).toBe(frame.buffer);
    expect(decode(later.subarray(3))).toEqual({ data });
  });

  test("in memory that others may write to is copied first", () => {
    const frame = encode({ data: Float64Array.of(1, 2) }), shared = new Uint8Array(new SharedArrayBuffer(frame.length));
    shared.set(frame);
    const found = decode(shared);
    shared.fill(255);
    expect(found).toEqual({ data: Float64Array.of(1, 2) });
  });

  test("has each block once: a header cannot make more of them than there are bytes", () => {
    const pair = (second: number) => forged(`{"a": {"\\u0000": ["f64", 2]}, "b": {"\\u0000": ["f64", ${second}]}}`, 24);
    expect(decode(pair(1))).toEqual({ a: new Float64Array(2), b: new Float64Array(1) });
    expect(() => decode(pair(2))).toThrow(bad);
  });

  test("is refused where it is no frame, reaches outside itself or into prototypes", () => {
    expect(decode(forged('{"a": 1}'))).toEqual({ a: 1 });
    for (
      const frame of [
        new Uint8Array(7),
        Uint8Array.of(9, 0, 0, 0, 255, 255, 255, 255, 1),
        encode({ a: 1 }).subarray(0, 12),
        forged("{"),
        forged('{"__proto__": {"polluted": 1}}'),
        forged('{"a": {"constructor": {"__proto__": 1}}}'),
        forged(`${"[".repeat(1e6)}${"]".repeat(1e6)}`),
        ...["[]", '["f32",1]', '["f32",-8]', '["f32",1e9]', '["f32",0.5]', '["f32"]', '["toString",0]', "7"].map((
          block,
        ) => forged(`{"a": {"\\u0000": ${block}}}`)),
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
          if (end >= 4) new DataView(frame.buffer).setUint32(0, end, true); // else most would be refused for this alone
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
    const frames = [{ a: [1, 2, 3] }, null, { b: new Uint8Array(300).fill(7) }].map(encode);
    const all = frames.flatMap((frame) => [...frame]);
    fc.assert(fc.property(fc.array(fc.nat(all.length), { maxLength: 9 }), (cuts) => {
      const read = unframer(1000), edges = [0, ...cuts.sort((a, b) => a - b), all.length];
      const found = edges.slice(1).flatMap((to, i) => read(Uint8Array.from(all.slice(edges[i], to))));
      expect(found).toEqual(frames);
    }));
  });

  test("is refused as soon as a frame claims too much, or less than its own length takes", () => {
    for (const length of [[233, 3], [4, 0], [0, 0]]) {
      expect(() => unframer(1000)(Uint8Array.of(...length, 0, 0))).toThrow(bad);
    }
    expect(unframer(1000)(Uint8Array.of(232, 3, 0, 0))).toEqual([]);
  });
});
