/**
 * KernelSHAP (Lundberg & Lee 2017), as `KernelExplainer` of the Python package `shap` samples and solves it (`l1_reg=0`).
 *
 * @module
 */
import type { Coalition } from "../game/game.ts";
import { type Fit, leastSquares } from "../game/least_squares.ts";
import { permutation } from "../game/random.ts";

/** Coalitions with their weights in the regression. */
export interface Design {
  readonly coalitions: Coalition[];
  readonly weights: number[];
  /** Whether every coalition is in it: then the solution is exact. */
  readonly complete: boolean;
}

const binomial = (n: number, k: number): number =>
  Array.from({ length: k }, (_, i) => (n - i) / (i + 1)).reduce((a, b) => a * b, 1);
const complement = (coalition: Coalition): boolean[] => coalition.map((there) => !there);

/** All coalitions of k out of n players. */
function* combinations(n: number, k: number, from = 0): Generator<number[]> {
  if (k === 0) yield [];
  else {for (let first = from; first <= n - k; first++) {
      for (const rest of combinations(n, k - 1, first + 1)) yield [first, ...rest];
    }}
}

/**
 * A size s has the weight (n − 1) / (s (n − s)), sizes s and n − s together. Sizes are enumerated from the outside in while the
 * samples last; what is left is drawn in pairs of a coalition and its complement, a coalition drawn again counting double.
 */
export function design(n: number, samples: number, next: () => number): Design {
  const sizes = Math.ceil((n - 1) / 2), paired = Math.floor((n - 1) / 2);
  const raw = Array.from({ length: sizes }, (_, i) => ((n - 1) / ((i + 1) * (n - i - 1))) * (i < paired ? 2 : 1)),
    mass = raw.reduce((a, b) => a + b, 0);
  const share = raw.map((w) => w / mass), coalitions: Coalition[] = [], weights: number[] = [];
  const put = (coalition: Coalition, weight: number): number => (weights.push(weight), coalitions.push(coalition));
  const of = (members: readonly number[]): boolean[] => Array.from({ length: n }, (_, i) => members.includes(i));
  let left = Math.min(samples, n <= 30 ? 2 ** n - 2 : Infinity), done = 0, remaining = 1;
  for (; done < sizes; done++) {
    const each = binomial(n, done + 1), count = each * (done < paired ? 2 : 1);
    if ((left * share[done]!) / remaining / count < 1 - 1e-8) break;
    left -= count;
    remaining -= share[done]!;
    for (const members of combinations(n, done + 1)) {
      put(of(members), share[done]! / count);
      if (done < paired) put(complement(of(members)), share[done]! / count);
    }
  }
  if (done === sizes) return { coalitions, weights, complete: true };
  const fixed = coalitions.length,
    drawn = share.slice(done).map((w, i) => (done + i < paired ? w / 2 : w)),
    total = drawn.reduce((a, b) => a + b, 0);
  const places = new Map<string, number>();
  for (let tries = 4 * left; left > 0 && tries > 0; tries--) {
    let at = next() * total, size = done;
    for (const w of drawn) {
      if ((at -= w) < 0) break;
      else size++;
    }
    size = Math.min(size, sizes - 1);
    const coalition = of(permutation(n, next).slice(0, size + 1)),
      key = coalition.map(Number).join(""),
      before = places.get(key),
      both = size < paired;
    if (before === undefined) {
      places.set(key, put(coalition, 1) - 1);
      left--;
      if (both && left > 0) {
        put(complement(coalition), 1);
        left--;
      }
    } else {
      weights[before]!++;
      if (both && before + 1 < weights.length) weights[before + 1]!++;
    }
  }
  const sampled = weights.slice(fixed).reduce((a, b) => a + b, 0), rest = share.slice(done).reduce((a, b) => a + b, 0);
  for (let i = fixed; i < weights.length; i++) weights[i]! *= rest / sampled;
  return { coalitions, weights, complete: false };
}

/** Values and their variances. */
export interface Solution {
  readonly values: Float64Array;
  readonly variances: Float64Array;
}

/**
 * min_φ Σ_S w_S (v(S) − v(∅) − Σ_{i ∈ S} φ_i)² under Σφ = v(N) − v(∅): the last player's value is eliminated by that sum.
 *
 * @param y v(S) of each coalition
 */
export function solve(
  coalitions: readonly Coalition[],
  y: readonly number[],
  weights: readonly number[],
  { full, empty }: { readonly full: number; readonly empty: number },
): Solution {
  const last = coalitions[0]!.length - 1, difference = full - empty;
  const fit: Fit = leastSquares({
    rows: coalitions.map((coalition) =>
      coalition.slice(0, last).map((there) => Number(there) - Number(coalition[last]))
    ),
    y: y.map((value, i) => value - empty - (coalitions[i]![last] ? difference : 0)),
    weights,
    ridge: 0,
    intercept: false,
  });
  const { coefficients, covariance } = fit;
  return {
    values: Float64Array.from([...coefficients, difference - coefficients.reduce((a, b) => a + b, 0)]),
    variances: Float64Array.from([
      ...coefficients.map((_, i) => Math.max(0, covariance[i * last + i]!)),
      Math.max(0, covariance.reduce((a, b) => a + b, 0)),
    ]),
  };
}
