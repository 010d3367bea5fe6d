/**
 * What a card reports of a classifier: accuracy with its interval, calibration, log loss.
 *
 * @module
 */

/** A prediction beside the truth. */
export interface Prediction {
  /** Probabilities, one a class. */
  readonly probabilities: readonly number[];
  /** Index of the right class. */
  readonly truth: number;
}

/** Index of the greatest entry, the first of equals. */
export const argmax = (values: ArrayLike<number>): number => {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i;
  return best;
};

/** exp(x_i) / Σ exp(x_j), shifted by the greatest x against overflow. */
export function softmax(logits: ArrayLike<number>): number[] {
  const values = Array.from(logits), top = Math.max(...values);
  const powers = values.map((x) => Math.exp(x - top)), sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((p) => p / sum);
}

/** Wilson's 95 % interval of a proportion (Wilson 1927): centre (p + z²/2n) / (1 + z²/n), half-width z √(p(1−p)/n + z²/4n²) / (1 + z²/n). */
export function wilson(right: number, count: number): readonly [number, number] {
  const z = 1.959964, p = right / count, scale = 1 + z * z / count;
  const centre = (p + z * z / (2 * count)) / scale;
  const half = z / scale * Math.sqrt(p * (1 - p) / count + z * z / (4 * count * count));
  return [centre - half, centre + half];
}

/** Expected calibration error over 15 bins of equal width: Σ_b n_b/n · |accuracy_b − confidence_b| (Guo et al. 2017, arXiv:1706.04599). */
export function calibrationError(predictions: readonly Prediction[], bins = 15): number {
  const gap = new Float64Array(bins);
  for (const { probabilities, truth } of predictions) {
    const guess = argmax(probabilities), confidence = probabilities[guess]!;
    gap[Math.min(bins - 1, Math.floor(confidence * bins))]! += Number(guess === truth) - confidence;
  }
  return gap.reduce((sum, value) => sum + Math.abs(value), 0) / predictions.length;
}

/** Share of predictions whose most probable class is the right one. */
export const accuracy = (predictions: readonly Prediction[]): number =>
  predictions.filter(({ probabilities, truth }) => argmax(probabilities) === truth).length / predictions.length;

/** Mean of −log p(right class). */
export const logLoss = (predictions: readonly Prediction[]): number =>
  -predictions.reduce((sum, { probabilities, truth }) => sum + Math.log(probabilities[truth]!), 0) / predictions.length;
