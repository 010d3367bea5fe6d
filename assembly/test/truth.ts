/** Slow definitions in doubles. */

/** erf by its Taylor series below 3, and 1 − the continued fraction of erfc above; about 1e-13. */
export function erf(x: number): number {
  const t = Math.abs(x);
  if (t < 3) {
    let term = x, sum = x;
    for (let n = 1; n < 80; n++) {
      term *= -x * x / n;
      sum += term / (2 * n + 1);
    }
    return (2 / Math.sqrt(Math.PI)) * sum;
  }
  let fraction = 0;
  for (let k = 60; k > 0; k--) fraction = k / 2 / (t + fraction);
  return Math.sign(x) * (1 - Math.exp(-t * t) / Math.sqrt(Math.PI) / (t + fraction));
}

export const gelu = (x: number): number => x * 0.5 * (1 + erf(x / Math.SQRT2));
export const geluTanh = (x: number): number =>
  0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));
export const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
export const silu = (x: number): number => x * sigmoid(x);

export function softmax(x: readonly number[]): number[] {
  const top = Math.max(...x);
  if (top === -Infinity) return x.map(() => 0);
  const e = x.map((v) => Math.exp(v - top)), sum = e.reduce((a, b) => a + b, 0);
  return e.map((v) => v / sum);
}

/** Σₖ a(i, k)·b(k, j) in doubles. */
export function product(
  m: number,
  n: number,
  k: number,
  a: (i: number, d: number) => number,
  b: (d: number, j: number) => number,
): Float64Array {
  const c = new Float64Array(m * n);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) for (let d = 0; d < k; d++) c[i * n + j]! += a(i, d) * b(d, j);
  }
  return c;
}
