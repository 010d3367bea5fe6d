import { gemm_f32_8x12 } from "./gemm";
import { dotRun, softmaxRow } from "./softmax";

/** Query rows of one tile. The two buffers of a tile are 64 × keys floats: linear in the sequence, shared by all heads and layers. */
const TILE: i32 = 64;
/** A mask at or below this hides its key: the least that exporters of half precision write. */
const HIDES: f32 = -30000;

/** Bytes of the two buffers of a tile: probabilities, and what arrives at them. */
export function attention_tile_bytes(keys: i32): i32 {
  return 2 * TILE * keys << 2;
}

/** The shape of one attention's matrices, as the host writes it (32-bit words). Rows lie `…Row` elements apart, columns are contiguous. */
@unmanaged
export class Shape {
  queries: i32;
  keys: i32;
  /** Width of q and k, and of v. */
  width: i32;
  valueWidth: i32;
  qRow: i32;
  kRow: i32;
  vRow: i32;
  /** Rows of the mask; 0: one row for all. */
  maskRow: i32;
  /** Messages carried at once; those of g and of the results lie `…Seed` elements apart. */
  seeds: i32;
  gRow: i32; gSeed: i32;
  dqRow: i32; dqSeed: i32;
  dkRow: i32; dkSeed: i32;
  dvRow: i32; dvSeed: i32;
  maskedSeed: i32;
  oRow: i32;
  scale: f32;
  /** Factor on the cotangent of v and of the probabilities at the product with v; ½ in AttnLRP, 1 else. */
  valueShare: f32;
  /** Factor on the cotangents of q and k at the score product: ½ in AttnLRP, 1 for gradients. */
  scoreShare: f32;
}

/**
 * One head and its cotangents for all seeds, 64 query rows at a time: scores and probabilities are computed, used, and forgotten.
 *
 *   A = softmax(S), S = c·QKᵀ + M, O = A·V
 *   g_V = ½·Aᵀ·g_O         g_A = ½·g_O·Vᵀ         (½: valueShare)
 *   g_S = A ⊙ (g_A − Σ A⊙g_A)
 *   g_Q = ½·c·g_S·K        g_K = ½·c·g_Sᵀ·Q       (½: scoreShare)
 *
 * Row i sees the keys from span[2i] up to span[2i + 1] that its mask does not hide. Keys that no row of a tile sees are not computed with: half of
 * them under a causal mask. `mask`, `span`, `o`, `dq`, `dk`, `dv` and `masked` (Σ g_S⊙M, one float a seed) may be 0; so may `g` where there are
 * no seeds. `tile` holds `attention_tile_bytes(keys)`, `scratch` what a GEMM needs.
 */
export function attention_f32(
  shape: usize, q: usize, k: usize, v: usize, mask: usize, span: usize, o: usize, g: usize, dq: usize, dk: usize, dv: usize, masked: usize, tile: usize,
  scratch: usize,
): void {
  const h = changetype<Shape>(shape);
  const row = <usize>h.keys << 2, a = tile, d = tile + <usize>TILE * row;
  for (let s = 0; s < h.seeds; s++) {
    if (dk) clear(h.keys, h.width, dk + (<usize>s * h.dkSeed << 2), h.dkRow);
    if (dv) clear(h.keys, h.valueWidth, dv + (<usize>s * h.dvSeed << 2), h.dvRow);
    if (masked) f32.store(masked + (<usize>s * h.maskedSeed << 2), 0);
  }
  const by = h.scoreShare * h.scale;
  for (let i = 0; i < h.queries; i += TILE) {
    const rows = min(TILE, h.queries - i), spans = span ? span + (<usize>i << 3) : 0;
    const first = spans ? earliest(rows, spans) : 0, at = <usize>first;
    const m = mask ? mask + ((<usize>i * h.maskRow + at) << 2) : 0;
    const keys = seen(rows, (spans ? latest(rows, spans) : h.keys) - first, m, h.maskRow);
    const qi = q + (<usize>i * h.qRow << 2), ki = k + (at * h.kRow << 2), vi = v + (at * h.vRow << 2);
    probabilities(h, rows, first, keys, qi, ki, m, spans, a, scratch);
    if (o) gemm_f32_8x12(rows, h.valueWidth, keys, a, h.keys, 1, vi, h.vRow, 1, o + (<usize>i * h.oRow << 2), h.oRow, 1, 0, 0, scratch);
    for (let s: usize = 0; s < <usize>h.seeds; s++) {
      const gi = g + ((s * h.gSeed + <usize>i * h.gRow) << 2);
      if (dv) gemm_f32_8x12(keys, h.valueWidth, rows, a, 1, h.keys, gi, h.gRow, 1, dv + ((s * h.dvSeed + at * h.dvRow) << 2), h.dvRow, h.valueShare, 1, 0, scratch);
      if (!dq && !dk && !masked) continue;
      gemm_f32_8x12(rows, keys, h.valueWidth, gi, h.gRow, 1, vi, 1, h.vRow, d, h.keys, h.valueShare, 0, 0, scratch);
      for (let r: usize = 0; r < <usize>rows; r++) throughSoftmax(keys, a + r * row, d + r * row);
      if (masked) {
        const to = masked + (s * h.maskedSeed << 2);
        f32.store(to, f32.load(to) + share(rows, keys, d, h.keys, m, h.maskRow));
      }
      if (dq) gemm_f32_8x12(rows, h.width, keys, d, h.keys, 1, ki, h.kRow, 1, dq + ((s * h.dqSeed + <usize>i * h.dqRow) << 2), h.dqRow, by, 0, 0, scratch);
      if (dk) gemm_f32_8x12(keys, h.width, rows, d, 1, h.keys, qi, h.qRow, 1, dk + ((s * h.dkSeed + at * h.dkRow) << 2), h.dkRow, by, 1, 0, scratch);
    }
  }
}

/** The first key that any row's span holds, and the one behind the last. */
function earliest(rows: i32, spans: usize): i32 {
  let first = i32.load(spans);
  for (let r = 1; r < rows; r++) first = min(first, i32.load(spans + (<usize>r << 3)));
  return first;
}
function latest(rows: i32, spans: usize): i32 {
  let last = 0;
  for (let r = 0; r < rows; r++) last = max(last, i32.load(spans + (<usize>r << 3), 4));
  return last;
}

function clear(rows: i32, width: i32, x: usize, step: i32): void {
  for (let r = 0; r < rows; r++, x += <usize>step << 2) memory.fill(x, 0, <usize>width << 2);
}

/** Of `keys` keys those up to the last that the mask lets a row see; all of them where a row sees none. */
function seen(rows: i32, keys: i32, mask: usize, step: i32): i32 {
  if (!mask) return keys;
  let most = 0;
  for (let r = 0; r < rows; r++, mask += <usize>step << 2) {
    let j = keys;
    while (j > 0 && f32.load(mask + (<usize>(j - 1) << 2)) <= HIDES) j--;
    if (j == 0) return keys;
    most = max(most, j);
    if (most == keys || step == 0) break;
  }
  return most;
}

/** softmax(scale·Q·Kᵀ + mask) of `keys` keys, of which key 0 is the head's key `first`; rows lie h.keys apart. */
function probabilities(
  h: Shape, rows: i32, first: i32, keys: i32, q: usize, k: usize, mask: usize, spans: usize, a: usize, scratch: usize,
): void {
  const row = <usize>keys << 2;
  gemm_f32_8x12(rows, keys, h.width, q, h.qRow, 1, k, 1, h.kRow, a, h.keys, h.scale, 0, 0, scratch);
  for (let r: usize = 0; r < <usize>rows; r++, a += <usize>h.keys << 2) {
    if (mask) {
      const m = mask + (r * h.maskRow << 2);
      let j: usize = 0;
      for (; j + 16 <= row; j += 16) v128.store(a + j, f32x4.add(v128.load(a + j), v128.load(m + j)));
      for (; j < row; j += 4) f32.store(a + j, f32.load(a + j) + f32.load(m + j));
    }
    if (!spans) { softmaxRow(keys, a, a); continue; }
    const from = min(keys, i32.load(spans + (r << 3)) - first), to = min(keys, i32.load(spans + (r << 3), 4) - first);
    memory.fill(a, 0, <usize>from << 2);
    softmaxRow(max(0, to - from), a + (<usize>from << 2), a + (<usize>from << 2));
    if (to < keys) memory.fill(a + (<usize>max(from, to) << 2), 0, <usize>(keys - max(from, to)) << 2);
  }
}

/** d ← A ⊙ (d − Σ A⊙d) of one row. */
function throughSoftmax(keys: i32, a: usize, d: usize): void {
  const row = <usize>keys << 2, mean = dotRun(keys, a, d), m = f32x4.splat(mean);
  let j: usize = 0;
  for (; j + 16 <= row; j += 16) v128.store(d + j, f32x4.mul(v128.load(a + j), f32x4.sub(v128.load(d + j), m)));
  for (; j < row; j += 4) f32.store(d + j, f32.load(a + j) * (f32.load(d + j) - mean));
}

/** Σ d⊙mask. A hidden key has a message of exactly zero, whatever its mask. */
function share(rows: i32, keys: i32, d: usize, dRow: i32, mask: usize, step: i32): f32 {
  let sum: f32 = 0;
  for (let r = 0; r < rows; r++, d += <usize>dRow << 2, mask += <usize>step << 2) {
    for (let j: usize = 0; j < <usize>keys << 2; j += 4) {
      const g = f32.load(d + j);
      if (g != 0) sum += g * f32.load(mask + j);
    }
  }
  return sum;
}
