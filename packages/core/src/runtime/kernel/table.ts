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
 * look-up gives. The file's bytes lie at any address, so rows of floats are copied as bytes.
 */
export function copyRows({ table, picks, rows }: RowsCommand, read: (view: View) => Float32Array): void {
  const { dtype, dims: [count = 0] } = table, source = table.bytes!(), y = read(rows), where = read(picks);
  const wide = y.length / Math.max(1, size(picks.dims)), copy = new Uint8Array(y.buffer, y.byteOffset, y.byteLength);
  new Int32Array(where.buffer, where.byteOffset, where.length).forEach((pick, i) => {
    const row = pick < 0 ? pick + count : pick, at = i * wide;
    if (row < 0 || row >= count) y.fill(0, at, at + wide);
    else if (dtype === "float32") copy.set(source.subarray(4 * row * wide, 4 * (row + 1) * wide), 4 * at);
    else {
      const bytes = source.subarray(row * wide, (row + 1) * wide);
      y.set(dtype === "int8" ? new Int8Array(bytes.buffer, bytes.byteOffset, wide) : bytes, at);
    }
  });
}
