/**
 * Confidence intervals of estimated scores.
 *
 * @module
 */

/** Two-sided quantiles of the normal distribution. */
const NORMAL: Readonly<Record<string, number>> = { 0.9: 1.6448536, 0.95: 1.9599640, 0.99: 2.5758293 };

/**
 * Quantile of Student's t for a two-sided interval: exact for one and two degrees of freedom, else the expansion of Abramowitz &
 * Stegun 26.7.5 around the normal quantile (within 1 % from three degrees on).
 */
export function tQuantile(confidence: number, freedom: number): number {
  const p = (1 + confidence) / 2;
  if (freedom === 1) return Math.tan(Math.PI * (p - 0.5));
  if (freedom === 2) return (2 * p - 1) * Math.sqrt(2 / (4 * p * (1 - p)));
  const z = NORMAL[confidence]!, v = freedom;
  return z + (z ** 3 + z) / (4 * v) + (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * v ** 2) +
    (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / (384 * v ** 3) +
    (79 * z ** 9 + 776 * z ** 7 + 1482 * z ** 5 - 1920 * z ** 3 - 945 * z) / (92160 * v ** 4);
}

/** Mean of each column of samples `[m][n]`, and half the width of its interval (undefined for a single sample). */
export function meansOf(
  samples: readonly ArrayLike<number>[],
  confidence: number,
): { readonly mean: Float64Array; readonly half?: Float64Array } {
  const m = samples.length, n = samples[0]!.length;
  const mean = Float64Array.from({ length: n }, (_, i) => samples.reduce((sum, sample) => sum + sample[i]!, 0) / m);
  if (m < 2) return { mean };
  const t = tQuantile(confidence, m - 1);
  const variance = mean.map((centre, i) =>
    samples.reduce((sum, sample) => sum + (sample[i]! - centre) ** 2, 0) / (m - 1)
  );
  return { mean, half: variance.map((s2) => t * Math.sqrt(s2 / m)) };
}

/** `[value − half, value + half]`. */
export const around = (
  values: Float64Array,
  half: Float64Array,
): { readonly low: Float64Array; readonly high: Float64Array } => ({
  low: values.map((value, i) => value - half[i]!),
  high: values.map((value, i) => value + half[i]!),
});
