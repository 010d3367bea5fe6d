import { describe, expect, test } from "vitest";
import { Arena, available, error, random, randoms } from "./arena.ts";
import { derivative, sigmoid } from "./truth.ts";

describe.each(available)("recurrent steps of the %s build", (build) => {
  const arena = new Arena(build), { kernel } = arena, n = 7;

  /** LSTM cell from pre-activations: [h, c]. */
  const lstm = (i: number, o: number, f: number, z: number, c0: number): [number, number] => {
    const c = sigmoid(f) * c0 + sigmoid(i) * Math.tanh(z);
    return [sigmoid(o) * Math.tanh(c), c];
  };

  test("an LSTM step backwards is the derivative of the cell", () => {
    arena.clear();
    const next = random(2),
      pre = [0, 1, 2, 3].map(() => randoms(n, next, 2)) as [Float32Array, Float32Array, Float32Array, Float32Array];
    const [i, o, f, z] = pre, c0 = randoms(n, next), gh = randoms(n, next), gc = randoms(n, next);
    const cells = Array.from(i, (_, k) => lstm(i[k]!, o[k]!, f[k]!, z[k]!, c0[k]!));
    const outs = [0, 1, 2, 3, 4].map(() => arena.room(n)) as [number, number, number, number, number];
    kernel.lstm_step_cotangent_f32(
      n,
      arena.floats(i.map(sigmoid)),
      arena.floats(o.map(sigmoid)),
      arena.floats(f.map(sigmoid)),
      arena.floats(z.map(Math.tanh)),
      arena.floats(z),
      arena.floats(c0),
      arena.floats(cells.map(([, c]) => c)),
      arena.floats(gh),
      arena.floats(gc),
      ...outs,
      0,
    );
    outs.forEach((at, which) => {
      const expected = Array.from(i, (_, k) => {
        const args = [i[k]!, o[k]!, f[k]!, z[k]!, c0[k]!] as [number, number, number, number, number];
        return derivative((v) => {
          const moved = args.map((a, j) => (j === which ? v : a)) as typeof args, [h, c] = lstm(...moved);
          return gh[k]! * h + gc[k]! * c;
        }, args[which]!);
      });
      expect(error(arena.read(at, n), expected)).toBeLessThan(1e-5);
    });
    expect(arena.intact()).toBe(true);
  });

  test("the signal rule sends nothing to the gates and conserves relevance from h and c to the candidate and c₀", () => {
    arena.clear();
    const next = random(6),
      i = randoms(n, next).map(sigmoid),
      o = randoms(n, next).map(sigmoid),
      f = randoms(n, next).map(sigmoid),
      a = randoms(n, next),
      z = a.map(Math.tanh),
      c0 = randoms(n, next);
    const c = c0.map((v, k) => f[k]! * v + i[k]! * z[k]!),
      h = c.map((v, k) => o[k]! * Math.tanh(v)),
      gh = randoms(n, next),
      gc = randoms(n, next);
    const outs = [0, 1, 2, 3, 4].map(() => arena.room(n)) as [number, number, number, number, number];
    kernel.lstm_step_cotangent_f32(
      n,
      ...[i, o, f, z, a, c0, c, gh, gc].map((v) => arena.floats(v)) as [
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
      ],
      ...outs,
      1,
    );
    const [gi, go, gf, gz, g0] = outs.map((at) => arena.read(at, n)) as [
      Float32Array,
      Float32Array,
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    for (const gate of [gi, go, gf]) expect(Array.from(gate)).toEqual(Array(n).fill(0));
    const arrived = Array.from(a, (v, k) => v * gz[k]! + c0[k]! * g0[k]!),
      sent = Array.from(h, (v, k) => v * gh[k]! + c[k]! * gc[k]!);
    expect(error(arrived, sent)).toBeLessThan(1e-5);
    expect(arena.intact()).toBe(true);
  });

  test("a GRU step backwards is the derivative of the cell", () => {
    arena.clear();
    const next = random(4),
      [z, r, x, u, h0] = [0, 1, 2, 3, 4].map(() => randoms(n, next, 2)) as [
        Float32Array,
        Float32Array,
        Float32Array,
        Float32Array,
        Float32Array,
      ];
    const cell = (vz: number, vr: number, vx: number, vu: number, vh: number): number =>
      (1 - sigmoid(vz)) * Math.tanh(vx + sigmoid(vr) * vu) + sigmoid(vz) * vh;
    const a = x.map((v, k) => v + sigmoid(r[k]!) * u[k]!),
      gh = randoms(n, next),
      outs = [0, 1, 2, 3, 4].map(() => arena.room(n)) as [number, number, number, number, number];
    kernel.gru_step_cotangent_f32(
      n,
      ...[z.map(sigmoid), r.map(sigmoid), a.map(Math.tanh), a, u, h0, gh].map((v) => arena.floats(v)) as [
        number,
        number,
        number,
        number,
        number,
        number,
        number,
      ],
      ...outs,
      0,
    );
    outs.forEach((at, which) => {
      const expected = Array.from(z, (_, k) => {
        const args = [z[k]!, r[k]!, x[k]!, u[k]!, h0[k]!] as [number, number, number, number, number];
        return gh[k]! *
          derivative((v) => cell(...args.map((q, j) => (j === which ? v : q)) as typeof args), args[which]!);
      });
      expect(error(arena.read(at, n), expected)).toBeLessThan(1e-5);
    });
    expect(arena.intact()).toBe(true);
  });
});
