/**
 * Evidence, looked at before it is used: there, of the shape that was promised, and finite.
 *
 * @module
 */
import { missingEvidence, notFinite } from "@hyaline/core/errors";
import type { NumberArray } from "@hyaline/core/plugin";

/** @throws MISSING_EVIDENCE where the model has no such thing */
export function given<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw missingEvidence(what);
  return value;
}

/** @throws MISSING_EVIDENCE, or NOT_FINITE for an array with NaN or Infinity in it */
export function finite(array: NumberArray | undefined, what: string): NumberArray {
  const { data } = given(array, what);
  if (!data.every(Number.isFinite)) throw notFinite(what);
  return array!;
}
