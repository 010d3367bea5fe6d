/**
 * LIME's local linear model for text (Ribeiro et al. 2016), as the Python package `lime` fits it.
 *
 * @module
 */
import type { Coalition } from "../game/game.ts";
import { type Fit, leastSquares } from "../game/least_squares.ts";

/**
 * Weight of a sample: √exp(−D²/σ²) with D = 100 · cosine distance to the whole text. Of n units k stay: cos = √(k / n), and nothing
 * is at distance 1.
 */
export function kernel(coalition: Coalition, width: number): number {
  const k = coalition.filter(Boolean).length, distance = 100 * (1 - Math.sqrt(k / coalition.length));
  return Math.sqrt(Math.exp(-(distance ** 2) / width ** 2));
}

/** Ridge regression with λ = 1 and an intercept on all units (`feature_selection="none"`). */
export const fitted = (coalitions: readonly Coalition[], y: readonly number[], width: number): Fit =>
  leastSquares({
    rows: coalitions.map((coalition) => coalition.map(Number)),
    y,
    weights: coalitions.map((coalition) => kernel(coalition, width)),
    ridge: 1,
    intercept: true,
  });

/** The whole text, then samples: how many units go is uniform from 1 to n, which ones too. */
export function neighbourhood(
  n: number,
  samples: number,
  next: () => number,
  order: (n: number, next: () => number) => number[],
): Coalition[] {
  return Array.from({ length: samples }, (_, i) => {
    const coalition = Array.from({ length: n }, () => true);
    if (i > 0) { for (const gone of order(n, next).slice(0, 1 + Math.floor(next() * n))) coalition[gone] = false; }
    return coalition;
  });
}
