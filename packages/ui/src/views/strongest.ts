/** The largest |value| of a flat array from an index on; 1 if all are zero. @module */
export function strongest(values: ArrayLike<number>, from = 0, to = values.length): number {
  let most = 0;
  for (let i = from; i < to; i++) most = Math.max(most, Math.abs(values[i]!));
  return most || 1;
}
