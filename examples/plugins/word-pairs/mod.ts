/**
 * Interactions of pairs by leaving out: I(i, j) = v(N) − v(N∖i) − v(N∖j) + v(N∖ij), where v is the target's value.
 *
 * Above zero, two tokens say more together than apart (a phrase); below, each says what the other says too (a repetition).
 */
import type { Context, Evidence, Result } from "@hyaline/core/plugin";

/** Texts handed over at once: few enough to stop soon. */
const CHUNK = 16;

async function wordPairs(
  { tokens }: Evidence,
  { budget }: { readonly budget: number },
  { predict, signal, progress }: Context,
): Promise<Result<"token-matrix">> {
  const places = tokens.flatMap(({ special }, i) => (special ? [] : [i])), n = places.length;
  const without = (...gone: number[]) => ({ keep: tokens.map((_, i) => !gone.includes(i)) });
  // Most tokens k whose pairs the budget allows: 1 + n + k(k − 1)/2 ≤ budget
  const k = Math.max(0, Math.min(n, Math.floor((1 + Math.sqrt(1 + 8 * Math.max(0, budget - 1 - n))) / 2)));
  const planned = 1 + n + (k * (k - 1)) / 2, values: number[] = [];
  const ask = async (edits: ReturnType<typeof without>[]): Promise<number[]> => {
    const found: number[] = [];
    for (let at = 0; at < edits.length; at += CHUNK) {
      signal.throwIfAborted();
      found.push(...(await predict!(edits.slice(at, at + CHUNK))).values);
      progress(values.length + found.length, planned);
    }
    values.push(...found);
    return found;
  };

  const alone = places.slice(0, Math.max(0, budget - 1)),
    [whole, ...single] = await ask([without(), ...alone.map((i) => without(i))]);
  const loss = new Map(alone.map((place, i) => [place, whole! - single[i]!]));
  const strongest = [...alone].sort((a, b) => Math.abs(loss.get(b)!) - Math.abs(loss.get(a)!)).slice(0, k).sort((
    a,
    b,
  ) => a - b);
  const pairs = strongest.flatMap((i, a) => strongest.slice(a + 1).map((j) => [i, j] as const));
  const both = await ask(pairs.map(([i, j]) => without(i, j)));

  const size = strongest.length, matrix = new Array<number>(size * size).fill(0);
  pairs.forEach(([i, j], p) => {
    const interaction = both[p]! - whole! + loss.get(i)! + loss.get(j)!,
      a = strongest.indexOf(i),
      b = strongest.indexOf(j);
    matrix[a * size + b] = matrix[b * size + a] = interaction;
  });
  return {
    type: "token-matrix",
    signed: true,
    data: { shape: [size, size], values: matrix, rows: strongest, columns: strongest, axes: ["token", "with"] },
    notes: size < n ? [`The budget of ${budget} is spent on the pairs of the ${size} strongest of ${n} tokens`] : [],
  };
}

export default { "word-pairs": wordPairs };
