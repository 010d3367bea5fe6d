/**
 * Recurrent layers: LSTM, GRU and the plain RNN, in both directions.
 *
 * Under the modifier `identity` they follow Arras et al. 2017 and 2019: at a product of gate and signal the signal takes all, so gates
 * are constants; the signal's own activation passes the message unchanged; what is left is linear.
 *
 * @module
 */
import { activationsOf } from "./recurrent/activation.ts";
import { type Cell, type Layer, recurrentBack } from "./recurrent/direction.ts";
import { gruCell } from "./recurrent/gru.ts";
import { lstmCell } from "./recurrent/lstm.ts";
import type { OpRule, RuleContext } from "./rule.ts";

/** h_t = f(z_t), z_t = W x_t + R h_{t−1} + b:  dz = f′(z) dh, or f(z)/z · dh where f passes unchanged. */
function plainCell(
  { b, fromInput, fromHidden, recurrence, stepwise }: Layer,
  c: RuleContext,
  { signalOnly, direction }: { signalOnly: boolean; direction: number },
): Cell {
  const [f] = activationsOf(c, { direction, defaults: ["Tanh"] }), z = b.add(fromInput, fromHidden), y = f!.of(b, z);
  const slopes = stepwise(signalOnly ? f!.ratio(b, z, y) : f!.slope(b, z, y));
  return {
    first: 0,
    step: (t, { dh }) => {
      const dz = b.mul(dh, slopes[t]!);
      return { input: dz, hidden: dz, dh: b.matmul(dz, recurrence) };
    },
  };
}

const layer = (op: string, { gates, cell }: { gates: number; cell: typeof plainCell }): OpRule => ({
  op,
  additive: [3, 5, 6],
  vjp: (c) => recurrentBack(c, { gates, cell: (of, direction) => cell(of, c, { signalOnly: false, direction }) }),
  identity: (c) => recurrentBack(c, { gates, cell: (of, direction) => cell(of, c, { signalOnly: true, direction }) }),
});

export const recurrent: OpRule[] = [
  layer("RNN", { gates: 1, cell: plainCell }),
  layer("GRU", { gates: 3, cell: gruCell }),
  layer("LSTM", { gates: 4, cell: lstmCell }),
];
