/** Elementwise steps of the LRP rules. stab(z) = z + ε·sign(z), sign(0) = +1. */

// @ts-ignore: decorator
@inline
function stabilised(z: v128, epsilon: v128): v128 {
  // ε with z's sign, but +ε where z is −0.
  const negative = f32x4.lt(z, f32x4.splat(0));
  return f32x4.add(z, v128.bitselect(f32x4.neg(epsilon), epsilon, negative));
}

/** ε rule, first half: out = r / stab(z). The second half is a product with the weights' transpose. out may be r or z. */
export function epsilon_ratio_f32(count: i32, r: usize, z: usize, epsilon: f32, out: usize): void {
  const e = f32x4.splat(epsilon);
  let i = count;
  for (; i >= 4; i -= 4, r += 16, z += 16, out += 16) v128.store(out, f32x4.div(v128.load(r), stabilised(v128.load(z), e)));
  for (; i > 0; i--, r += 4, z += 4, out += 4) {
    f32.store(out, f32x4.extract_lane(f32x4.div(v128.load32_splat(r), stabilised(v128.load32_splat(z), e)), 0));
  }
}

/** x⁺ and x⁻, what the γ rule's products take. */
export function split_signs_f32(count: i32, x: usize, positive: usize, negative: usize): void {
  const zero = f32x4.splat(0);
  let i = count;
  for (; i >= 4; i -= 4, x += 16, positive += 16, negative += 16) {
    const v = v128.load(x);
    v128.store(positive, f32x4.max(v, zero));
    v128.store(negative, f32x4.min(v, zero));
  }
  for (; i > 0; i--, x += 4, positive += 4, negative += 4) {
    const v = f32.load(x);
    f32.store(positive, max<f32>(v, 0));
    f32.store(negative, min<f32>(v, 0));
  }
}

/**
 * γ rule between its two products. Where z > 0: s⁺ = r / stab(p), s⁻ = 0; elsewhere s⁻ = r / stab(q), s⁺ = 0.
 * p and q are `gemm_gamma_8x12`'s products of x⁺ and x⁻.
 */
export function gamma_ratio_f32(
  count: i32, r: usize, z: usize, p: usize, q: usize, epsilon: f32, positive: usize, negative: usize,
): void {
  for (let i: usize = 0; i < <usize>count << 2; i += 4) {
    const up = f32.load(z + i) > 0;
    const d = f32.load((up ? p : q) + i);
    const s = f32.load(r + i) / (d + (d < 0 ? -epsilon : epsilon));
    f32.store(positive + i, up ? s : 0);
    f32.store(negative + i, up ? 0 : s);
  }
}

/** γ rule, last step, as a message: R_x = x⁺⊙p + x⁻⊙q = x ⊙ g, so g = p where x > 0 and q elsewhere. */
export function gamma_message_f32(count: i32, x: usize, p: usize, q: usize, out: usize): void {
  let i = count;
  for (; i >= 4; i -= 4, x += 16, p += 16, q += 16, out += 16) {
    v128.store(out, v128.bitselect(v128.load(p), v128.load(q), f32x4.gt(v128.load(x), f32x4.splat(0))));
  }
  for (; i > 0; i--, x += 4, p += 4, q += 4, out += 4) f32.store(out, f32.load(f32.load(x) > 0 ? p : q));
}
