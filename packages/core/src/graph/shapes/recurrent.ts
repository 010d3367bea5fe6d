/**
 * Recurrent nets: all hidden states, the last one, and (LSTM) the last cell.
 *
 * @module
 */
import type { ShapeRule, Site } from "./site.ts";

/** `layout = 1` puts the batch first: Y [batch, time, directions, hidden], states [batch, directions, hidden]. */
const recurrent = (op: string, hidden: (s: Site) => number): ShapeRule => ({
  op,
  types: (s) => {
    const [first, second] = s.dims(0) as [number, number],
      h = s.number("hidden_size", hidden(s)),
      directions = s.dims(1)[0]!;
    const batchFirst = s.number("layout", 0) === 1, dtype = s.dtype(0);
    const state = { dtype, dims: batchFirst ? [first, directions, h] : [directions, second, h] };
    return [
      { dtype, dims: batchFirst ? [first, second, directions, h] : [first, directions, second, h] },
      state,
      state,
    ];
  },
});

/** LSTM, GRU, RNN and the dynamically quantised LSTM, whose weights [directions, in, 4·hidden] lie transposed. */
export const recurrents: readonly ShapeRule[] = [
  recurrent("LSTM", (s) => s.dims(2)[2]!),
  recurrent("GRU", (s) => s.dims(2)[2]!),
  recurrent("RNN", (s) => s.dims(2)[2]!),
  recurrent("com.microsoft.DynamicQuantizeLSTM", (s) => s.dims(2)[1]!),
];
