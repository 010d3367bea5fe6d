/**
 * Weighted linear least squares with an optional ridge, and how sure its coefficients are.
 *
 * @module
 */

export interface Regression {
  /** Rows of x, `[n][p]`. */
  readonly rows: readonly ArrayLike<number>[];
  readonly y: ArrayLike<number>;
  readonly weights: ArrayLike<number>;
  /** Weight of ‖β‖². */
  readonly ridge: number;
  readonly intercept: boolean;
}

export interface Fit {
  readonly coefficients: Float64Array;
  readonly intercept: number;
  /** Share of the weighted variance of y that is explained. */
  readonly r2: number;
  /** `[p, p]`: White's estimate of the coefficients' covariance, which holds whatever the errors look like. */
  readonly covariance: Float64Array;
}

/**
 * β = (XᵀWX + λI)⁻¹ XᵀWy, on centred x and y where there is an intercept. With B that inverse and r the residuals,
 *
 *   Cov β = n/(n − p) · B (Σᵢ wᵢ² rᵢ² xᵢ xᵢᵀ) B        (White 1980, HC1)
 */
export function leastSquares({ rows, y, weights, ridge, intercept }: Regression): Fit {
  const n = rows.length, p = rows[0]?.length ?? 0;
  let mass = 0, yMean = 0;
  const xMean = new Float64Array(p);
  if (intercept) {
    for (let i = 0; i < n; i++) {
      mass += weights[i]!;
      yMean += weights[i]! * y[i]!;
      for (let a = 0; a < p; a++) xMean[a]! += weights[i]! * rows[i]![a]!;
    }
    yMean /= mass;
    xMean.forEach((sum, a) => (xMean[a] = sum / mass));
  }
  const centred = rows.map((row) => Float64Array.from({ length: p }, (_, a) => row[a]! - xMean[a]!));
  const normal = gram(centred, weights), right = new Float64Array(p);
  centred.forEach((x, i) => x.forEach((value, a) => (right[a]! += weights[i]! * value * (y[i]! - yMean))));
  for (let a = 0; a < p; a++) normal[a * p + a]! += ridge;
  const inverse = inverted(normal, p), coefficients = applied(inverse, right);
  const residuals = centred.map((x, i) =>
    y[i]! - yMean - x.reduce((sum, value, a) => sum + value * coefficients[a]!, 0)
  );
  const left = residuals.reduce((sum, r, i) => sum + weights[i]! * r * r, 0),
    whole = residuals.reduce((sum, _, i) => sum + weights[i]! * (y[i]! - yMean) ** 2, 0);
  const meat = gram(centred, residuals.map((r, i) => (weights[i]! * r) ** 2)), factor = n > p ? n / (n - p) : 1;
  const covariance = squared(squared(inverse, meat, p), inverse, p).map((c) => c * factor);
  return {
    coefficients,
    intercept: yMean - coefficients.reduce((sum, c, a) => sum + c * xMean[a]!, 0),
    r2: whole > 0 ? 1 - left / whole : 1,
    covariance,
  };
}

/** Σᵢ wᵢ xᵢ xᵢᵀ. `[p, p]` */
function gram(rows: readonly Float64Array[], weights: ArrayLike<number>): Float64Array {
  const p = rows[0]?.length ?? 0, sum = new Float64Array(p * p);
  rows.forEach((x, i) => {
    for (let a = 0; a < p; a++) {
      const scaled = weights[i]! * x[a]!;
      if (scaled !== 0) { for (let b = 0; b < p; b++) sum[a * p + b]! += scaled * x[b]!; }
    }
  });
  return sum;
}

const applied = (m: Float64Array, x: Float64Array): Float64Array =>
  x.map((_, a) => x.reduce((sum, value, b) => sum + m[a * x.length + b]! * value, 0));

function squared(a: Float64Array, b: Float64Array, p: number): Float64Array {
  const product = new Float64Array(p * p);
  for (let i = 0; i < p; i++) {
    for (let k = 0; k < p; k++) for (let j = 0; j < p; j++) product[i * p + j]! += a[i * p + k]! * b[k * p + j]!;
  }
  return product;
}

/** Gauss–Jordan with pivoting. Where rows are too few for p unknowns a trace of a ridge chooses the shortest solution. */
function inverted(matrix: Float64Array, p: number): Float64Array {
  const trace = Array.from({ length: p }, (_, a) => matrix[a * p + a]!).reduce((sum, x) => sum + x, 0);
  const work = Array.from(
    { length: p },
    (_, i) =>
      Float64Array.from(
        { length: 2 * p },
        (_, j) => (j < p ? matrix[i * p + j]! + (i === j ? 1e-13 * trace : 0) : j - p === i ? 1 : 0),
      ),
  );
  for (let column = 0; column < p; column++) {
    const pivot = work.slice(column).reduce(
      (best, row, i) => (Math.abs(row[column]!) > Math.abs(work[best]![column]!) ? column + i : best),
      column,
    );
    [work[column], work[pivot]] = [work[pivot]!, work[column]!];
    const top = work[column]!, scale = top[column]!;
    if (scale === 0) continue;
    for (let j = 0; j < 2 * p; j++) top[j]! /= scale;
    for (let i = 0; i < p; i++) {
      const factor = work[i]![column]!;
      if (i !== column && factor !== 0) { for (let j = 0; j < 2 * p; j++) work[i]![j]! -= factor * top[j]!; }
    }
  }
  return Float64Array.from({ length: p * p }, (_, at) => work[Math.floor(at / p)]![p + (at % p)]!);
}
