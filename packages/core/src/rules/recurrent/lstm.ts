/**
 * The LSTM's cell, in ONNX's order of gates i, o, f, c:
 *
 *   C_t = f ⊙ C_{t−1} + i ⊙ g(z_c),   h_t = o ⊙ k(C_t),   z = W x_t + R h_{t−1} + b.
 *
 * @module
 */
import type { RuleContext } from "../rule.ts";
import { activationsOf } from "./activation.ts";
import type { Cell, Layer } from "./direction.ts";

/** With `signalOnly` the gates i, o and f are constants, and g and k pass unchanged. */
export function lstmCell(
  layer: Layer,
  c: RuleContext,
  { signalOnly, direction }: { signalOnly: boolean; direction: number },
): Cell {
  const { b, fromInput, fromHidden, hidden, recurrence, stepwise } = layer;
  const [gate, g, k] = activationsOf(c, { direction, defaults: ["Sigmoid", "Tanh", "Tanh"] });
  const [zi, zo, zf, zc] = b.split(b.add(fromInput, fromHidden), 2, [hidden, hidden, hidden, hidden]) as [
    string,
    string,
    string,
    string,
  ];
  const i = gate!.of(b, zi), o = gate!.of(b, zo), f = gate!.of(b, zf), signal = g!.of(b, zc);

  const { cells, before } = cellStates(layer, { forget: stepwise(f), added: stepwise(b.mul(i, signal)) });
  const shown = k!.of(b, cells), out = b.mul(o, signalOnly ? k!.ratio(b, cells, shown) : k!.slope(b, cells, shown));
  const taken = b.mul(i, signalOnly ? g!.ratio(b, zc, signal) : g!.slope(b, zc, signal));
  const outs = stepwise(out), forgets = stepwise(f);
  // What each pre-activation takes of dC (i, f, c) or of dh (o).
  const shares = stepwise(
    signalOnly ? taken : b.concat([
      b.mul(signal, gate!.slope(b, zi, i)),
      b.mul(shown, gate!.slope(b, zo, o)),
      b.mul(before, gate!.slope(b, zf, f)),
      taken,
    ], 2),
  );
  const rows = signalOnly ? b.slice(recurrence, 0, { start: 3 * hidden, end: 4 * hidden }) : recurrence;
  return {
    first: signalOnly ? 3 : 0,
    step: (t, { dh, dc }) => {
      const leaving = b.mul(dh, outs[t]!), dC = dc ? b.add(leaving, dc) : leaving;
      const dz = b.mul(signalOnly ? dC : b.concat([dC, dh, dC, dC], 2), shares[t]!);
      return { input: dz, hidden: dz, dh: b.matmul(dz, rows), dc: b.mul(dC, forgets[t]!) };
    },
  };
}

/** The cell's states [steps, batch, hidden] after and before each step. The file shows only the last one, so they are summed up again. */
function cellStates(
  { b, order, initialCell, mask, zero }: Layer,
  { forget, added }: { forget: readonly string[]; added: readonly string[] },
): { cells: string; before: string } {
  const cells: string[] = [], before: string[] = [];
  let state = initialCell;
  for (const t of order) {
    before[t] = state ?? zero;
    const next = state ? b.add(b.mul(forget[t]!, state), added[t]!) : added[t]!;
    state = mask ? b.where(mask[t]!, next, before[t]!) : next;
    cells[t] = state;
  }
  return { cells: b.concat(cells, 0), before: b.concat(before, 0) };
}
