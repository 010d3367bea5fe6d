/**
 * Deletion curves: the target's value while tokens are taken away one after the other.
 *
 * @module
 */
import { type Context, type Evidence, plugin, type Replacement, type Result } from "@hyaline/core/plugin";
import { permutation, random } from "../game/random.ts";
import { finite, given } from "../shared/given.ts";

interface Options {
  readonly points: number;
  readonly draws: number;
  readonly replacement: Replacement;
}

export default plugin({
  /** v(k) = value without the first k tokens of an order: by relevance, by relevance reversed, and at random. */
  async "deletion-curve"(
    { tokens, relevances }: Evidence,
    { points, draws, replacement }: Options,
    { seed, predict, progress }: Context,
  ): Promise<Result<"curve">> {
    const relevance = finite(given(relevances, "relevance").tokens, "relevances").data;
    const ordinary = tokens.flatMap(({ special }, t) => (special ? [] : [t])), n = ordinary.length;
    const order = ordinary.toSorted((a, b) => relevance[b]! - relevance[a]!), next = random(seed);
    const counts = [...new Set(Array.from({ length: points + 1 }, (_, i) => Math.round((i * n) / points)))];
    const orders = [
      order,
      order.toReversed(),
      ...Array.from({ length: draws }, () => permutation(n, next).map((i) => ordinary[i]!)),
    ];
    const ask = given(predict, "predictions"), curves: number[][] = [];
    for (const [done, one] of orders.entries()) {
      const edits = counts.map((count) => {
        const gone = new Set(one.slice(0, count));
        return { keep: tokens.map((_, t) => !gone.has(t)), replacement };
      });
      curves.push([...(await ask(edits)).values]);
      progress(done + 1, orders.length);
    }
    const x = counts.map((count) => count / Math.max(1, n)), [strongest = [], weakest = [], ...rest] = curves;
    const mean = x.map((_, k) => rest.reduce((sum, curve) => sum + curve[k]!, 0) / rest.length);
    const gained = area(x, mean) - area(x, strongest);
    return {
      type: "curve",
      signed: true,
      checks: [{
        id: "deletion-area",
        title: "Is the order better than chance?",
        status: gained > 0 ? "passed" : "failed",
        value: gained,
        summary: `Taking away the most relevant tokens first lies ${Math.abs(gained).toPrecision(3)} ${
          gained > 0 ? "below" : "above"
        } random order on average over the curve`,
      }],
      data: {
        x: { title: "Share of tokens taken away" },
        y: { title: "Value of the target" },
        series: [
          { title: "Most relevant first", x, y: strongest },
          { title: "Least relevant first", x, y: weakest },
          { title: `Random order (mean of ${draws})`, x, y: mean },
        ],
      },
    };
  },
});

/** By the trapezoid rule; x runs from 0 to 1. */
const area = (x: readonly number[], y: readonly number[]): number =>
  x.slice(1).reduce((sum, at, k) => sum + ((at - x[k]!) * (y[k + 1]! + y[k]!)) / 2, 0);
