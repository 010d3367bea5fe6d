import { tanh4 } from "./math";

/**
 * One step of LSTM and GRU backwards: from the cotangent of the state to those of the gates' pre-activations. The products with
 * the weights before and after are GEMMs. `count` is batch × hidden; every array is contiguous.
 *
 * Derivative form: the chain rule. Signal form (Arras et al. 2017, "signal takes all"): gates are constants, so the whole of a
 * product's relevance goes to the signal, and tanh passes relevance unchanged (identity rule, f(x)/x).
 */

// @ts-ignore: decorator
@inline
function tanh1(x: f32): f32 { return f32x4.extract_lane(tanh4(f32x4.splat(x)), 0); }

/** tanh(x)/x, 1 at 0. */
// @ts-ignore: decorator
@inline
function ratio(t: f32, x: f32): f32 { return x == 0 ? 1 : t / x; }

/**
 * LSTM: c = f⊙c₀ + i⊙z, h = o⊙tanh(c); i, o, f, z are the activated gates, `a` the candidate before its tanh (z = tanh a).
 * In: gh, gc (cotangents of h and of c from the step after). Out: cotangents of the pre-activations of i, o, f, z, and of c₀.
 */
export function lstm_step_cotangent_f32(
  count: i32, i: usize, o: usize, f: usize, z: usize, a: usize, c0: usize, c: usize, gh: usize, gc: usize,
  gi: usize, go: usize, gf: usize, gz: usize, gc0: usize, signal: i32,
): void {
  for (let n: usize = 0; n < <usize>count << 2; n += 4) {
    const vi = f32.load(i + n), vo = f32.load(o + n), vf = f32.load(f + n), vz = f32.load(z + n), vc = f32.load(c + n);
    const t = tanh1(vc), h = f32.load(gh + n);
    const total = f32.load(gc + n) + h * vo * (signal ? ratio(t, vc) : 1 - t * t);
    f32.store(gi + n, signal ? 0 : total * vz * vi * (1 - vi));
    f32.store(go + n, signal ? 0 : h * t * vo * (1 - vo));
    f32.store(gf + n, signal ? 0 : total * f32.load(c0 + n) * vf * (1 - vf));
    f32.store(gz + n, total * vi * (signal ? ratio(vz, f32.load(a + n)) : 1 - vz * vz));
    f32.store(gc0 + n, total * vf);
  }
}

/**
 * GRU with linear_before_reset: u = R·h₀ + b, n = tanh(a), a = x + r⊙u, h = (1 − z)⊙n + z⊙h₀.
 * Out: cotangents of the pre-activations of z and r, of the candidate's input part x, of u, and of h₀ along the direct path.
 */
export function gru_step_cotangent_f32(
  count: i32, z: usize, r: usize, n: usize, a: usize, u: usize, h0: usize, gh: usize,
  gz: usize, gr: usize, gx: usize, gu: usize, gh0: usize, signal: i32,
): void {
  for (let k: usize = 0; k < <usize>count << 2; k += 4) {
    const vz = f32.load(z + k), vr = f32.load(r + k), vn = f32.load(n + k), h = f32.load(gh + k);
    const into = h * (1 - vz) * (signal ? ratio(vn, f32.load(a + k)) : 1 - vn * vn);
    f32.store(gz + k, signal ? 0 : h * (f32.load(h0 + k) - vn) * vz * (1 - vz));
    f32.store(gr + k, signal ? 0 : into * f32.load(u + k) * vr * (1 - vr));
    f32.store(gx + k, into);
    f32.store(gu + k, into * vr);
    f32.store(gh0 + k, h * vz);
  }
}
