/**
 * The GRU's cell, in ONNX's order of gates z, r, h:
 *
 *   h_t = (1 − z) ⊙ n + z ⊙ h_{t−1},   n = g(W x_t + b + r ⊙ (R h_{t−1} + b′))   with linear_before_reset,
 *                                      n = g(W x_t + b + R (r ⊙ h_{t−1}) + b′)   without.
 *
 * @module
 */
import { number } from "../../graph/graph.ts";
import type { RuleContext } from "../rule.ts";
import { activationsOf } from "./activation.ts";
import type { Cell, Layer } from "./direction.ts";

/** With `signalOnly` the gates z and r are constants, and g passes unchanged. */
export function gruCell(
  layer: Layer,
  c: RuleContext,
  { signalOnly, direction }: { signalOnly: boolean; direction: number },
): Cell {
  const { b, fromInput, fromHidden, previous, hidden, recurrence, hiddenBias, stepwise } = layer,
    linear = number(c.node, "linear_before_reset", 0) !== 0;
  const [gate, g] = activationsOf(c, { direction, defaults: ["Sigmoid", "Tanh"] }), thirds = [hidden, hidden, hidden];
  const [xz, xr, xn] = b.split(fromInput, 2, thirds) as [string, string, string],
    [hz, hr, hn] = b.split(fromHidden, 2, thirds) as [string, string, string];
  const gateRows = b.slice(recurrence, 0, { start: 0, end: 2 * hidden }),
    signalRows = b.slice(recurrence, 0, { start: 2 * hidden, end: 3 * hidden });
  const az = b.add(xz, hz), ar = b.add(xr, hr), z = gate!.of(b, az), r = gate!.of(b, ar);
  const recalled = (): string => {
    const product = b.matmul(b.mul(r, previous), signalRows, { transB: true });
    return hiddenBias ? b.add(product, b.slice(hiddenBias, 0, { start: 2 * hidden, end: 3 * hidden })) : product;
  };
  const an = b.add(xn, linear ? b.mul(r, hn) : recalled()), n = g!.of(b, an);

  const keeps = stepwise(z), resets = stepwise(r);
  const intoSignal = stepwise(b.mul(b.sub(b.scalar(1), z), signalOnly ? g!.ratio(b, an, n) : g!.slope(b, an, n)));
  const intoUpdate = signalOnly ? [] : stepwise(b.mul(b.sub(previous, n), gate!.slope(b, az, z)));
  const intoReset = signalOnly ? [] : stepwise(b.mul(linear ? hn : previous, gate!.slope(b, ar, r)));
  return {
    first: signalOnly ? 2 : 0,
    step: (t, { dh }) => {
      const dn = b.mul(dh, intoSignal[t]!), kept = b.mul(dh, keeps[t]!);
      if (linear) {
        const dq = b.mul(dn, resets[t]!); // at R h + b′, behind the reset
        if (signalOnly) return { input: dn, hidden: dq, dh: b.add(kept, b.matmul(dq, signalRows)) };
        const gates = b.concat([b.mul(dh, intoUpdate[t]!), b.mul(dn, intoReset[t]!)], 2),
          back = b.concat([gates, dq], 2);
        return { input: b.concat([gates, dn], 2), hidden: back, dh: b.add(kept, b.matmul(back, recurrence)) };
      }
      const du = b.matmul(dn, signalRows), through = b.add(kept, b.mul(du, resets[t]!)); // at r ⊙ h
      if (signalOnly) return { input: dn, hidden: dn, dh: through };
      const gates = b.concat([b.mul(dh, intoUpdate[t]!), b.mul(du, intoReset[t]!)], 2),
        input = b.concat([gates, dn], 2);
      return { input, hidden: input, dh: b.add(through, b.matmul(gates, gateRows)) };
    },
  };
}
