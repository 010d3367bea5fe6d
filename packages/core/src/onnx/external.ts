/**
 * External data: weights that lie in files beside the `.onnx` file.
 *
 * A model file is input from a stranger, and `location` is a path that it chose (CVE-2022-25882, CVE-2025-51480). This half
 * judges the path as text and the slice as numbers, the same everywhere; `external_files.ts` judges what lies on a disk.
 *
 * @module
 */
import type { TensorProto } from "onnx-buf";
import { externalMissing, externalPath, malformedModel } from "../errors.ts";
import type { ExternalSlice } from "../graph/graph.ts";

/** Reads slices of the files that a model names. */
export interface ExternalData {
  /** @throws EXTERNAL_PATH, EXTERNAL_MISSING */
  read(slice: ExternalSlice): Uint8Array;
}

/** External data at hand, by location: the browser's form, and that of tests. */
export function externalFromBytes(files: ReadonlyMap<string, Uint8Array>): ExternalData {
  return {
    read(slice) {
      const bytes = files.get(slice.location);
      if (!bytes) throw externalMissing(slice.location, "is missing");
      checkSlice(slice, bytes.length);
      return bytes.subarray(slice.offset, slice.offset + slice.length);
    },
  };
}

/** Checks that a slice lies within a file of so many bytes. @throws EXTERNAL_MISSING */
export function checkSlice({ location, offset, length }: ExternalSlice, available: number): void {
  if (offset + length > available) {
    throw externalMissing(location, `has ${available} bytes where the model needs ${offset + length}`);
  }
}

/**
 * Checks a location as text: relative, below the model's directory, plain on every system.
 *
 * @returns the location in one form, without `./`
 * @throws EXTERNAL_PATH
 */
export function containedPath(location: string): string {
  const refuse = (why: string) => externalPath(location, why);
  if (location === "") throw refuse("it has no location");
  if (/\p{Cc}/u.test(location)) throw refuse("the path holds a control character");
  if (location.includes("\\")) throw refuse("the path holds a backslash");
  if (/^\/|^[A-Za-z]:|^[a-z][a-z0-9+.-]*:\/\//i.test(location)) throw refuse("the path is absolute");
  const parts = location.split("/").filter((part) => part !== "." && part !== "");
  if (parts.includes("..")) throw refuse("the path leaves the model's directory");
  if (parts.length === 0) throw refuse("it names a directory");
  return parts.join("/");
}

/**
 * The slice a tensor's `external_data` entries name.
 *
 * @param needed bytes the shape needs
 * @throws EXTERNAL_PATH, MODEL_MALFORMED
 */
export function externalSlice(tensor: TensorProto, needed: number): ExternalSlice {
  const entries = new Map(tensor.externalData.map(({ key, value }) => [key, value]));
  const location = containedPath(entries.get("location") ?? "");
  const offset = whole(entries.get("offset") ?? "0"), length = whole(entries.get("length") ?? String(needed));
  if (offset === undefined || length === undefined) {
    throw malformedModel(`"${tensor.name}" has an external offset or length that is not a size`);
  }
  if (length !== needed) {
    throw malformedModel(`"${tensor.name}" has ${length} external bytes where its shape needs ${needed}`);
  }
  return { location, offset, length };
}

const whole = (text: string): number | undefined => {
  const value = /^\d{1,16}$/.test(text) ? Number(text) : NaN;
  return Number.isSafeInteger(value) ? value : undefined;
};

/** Files a model names, each once. */
export function externalLocations(tensors: Iterable<TensorProto>): string[] {
  const locations = new Set<string>();
  for (const { externalData } of tensors) {
    const location = externalData.find(({ key }) => key === "location")?.value;
    if (location !== undefined) locations.add(containedPath(location));
  }
  return [...locations];
}
