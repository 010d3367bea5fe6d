/**
 * Look-ups in tables that stay in the file.
 *
 * @module
 */
import { size } from "../../graph/tensor.ts";
import type { RowsCommand } from "./command.ts";
import type { View } from "./view.ts";

/**
 * y[i] = the row `picks[i]` of a table of float32 or bytes, negative from its end; zeros for one outside, as the kernel's own
 * look-up gives. Rows that follow each other, as positions do, are read at once. The file's bytes lie at any address, so rows of
 * floats are copied as bytes.
 */
export function copyRows({ table, picks, rows }: RowsCommand, read: (view: View) => Float32Array): void {
  const { dtype, dims: [count = 0] } = table, y = read(rows), where = read(picks);
  const wide = y.length / Math.max(1, size(picks.dims)), copy = new Uint8Array(y.buffer, y.byteOffset, y.byteLength);
  const places = new Int32Array(where.buffer, where.byteOffset, where.length).map((pick) =>
    pick < 0 ? pick + count : pick
  );
  for (let i = 0, next = 1; i < places.length; i = next) {
    const row = places[i]!, at = i * wide;
    next = i + 1;
    if (row < 0 || row >= count) {
      y.fill(0, at, at + wide);
      continue;
    }
    while (next < places.length && places[next] === row + next - i && places[next]! < count) next++;
    const elements = (next - i) * wide;
    if (dtype === "float32") table.copy!(copy.subarray(4 * at, 4 * (at + elements)), 4 * row * wide);
    else {
      const bytes = new Uint8Array(elements);
      table.copy!(bytes, row * wide);
      y.set(dtype === "int8" ? new Int8Array(bytes.buffer) : bytes, at);
    }
  }
}
