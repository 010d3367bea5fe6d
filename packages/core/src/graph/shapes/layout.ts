/**
 * Row-major arithmetic on shapes: broadcasting, strides and walking an index space.
 *
 * @module
 */
import type { Site } from "./site.ts";

/** Numpy broadcasting of any number of shapes. @throws a `MALFORMED_NODE` failure where two sizes disagree. */
export function broadcast(site: Site, ...shapes: (readonly number[])[]): number[] {
  const rank = Math.max(0, ...shapes.map((s) => s.length));
  return Array.from({ length: rank }, (_, axis) => {
    let length = 1;
    for (const shape of shapes) {
      const d = shape[axis - rank + shape.length] ?? 1;
      if (d === 1 || d === length) continue;
      if (length !== 1) throw site.malformed(`shapes ${shapes.map((s) => `[${s}]`).join(" and ")} do not broadcast`);
      length = d;
    }
    return length;
  });
}

/** Elements to skip for one step along each axis. */
export function strides(dims: readonly number[]): number[] {
  const steps = Array<number>(dims.length).fill(1);
  for (let axis = dims.length - 2; axis >= 0; axis--) steps[axis] = steps[axis + 1]! * dims[axis + 1]!;
  return steps;
}

/** Calls `f` with every index of a shape in row-major order; the index array is reused between calls. */
export function each<T>(dims: readonly number[], f: (at: readonly number[]) => T): T[] {
  const total = dims.reduce((p, d) => p * d, 1), at = Array<number>(dims.length).fill(0), made = Array<T>(total);
  for (let i = 0; i < total; i++) {
    made[i] = f(at);
    for (let axis = dims.length - 1; axis >= 0 && ++at[axis]! === dims[axis]; axis--) at[axis] = 0;
  }
  return made;
}

/** Flat position of an index. */
export const flat = (at: readonly number[], steps: readonly number[]): number =>
  at.reduce((sum, k, axis) => sum + k * steps[axis]!, 0);

/** Reads a tensor at indices of a shape it broadcasts to. */
export function spread(
  values: readonly number[],
  dims: readonly number[],
  rank: number,
): (at: readonly number[]) => number {
  const steps = strides(dims).map((step, axis) => (dims[axis] === 1 ? 0 : step)), pad = rank - dims.length;
  return (at) => {
    let place = 0;
    for (let axis = 0; axis < steps.length; axis++) place += at[axis + pad]! * steps[axis]!;
    return values[place]!;
  };
}

/** A shape without one axis. */
export const without = (dims: readonly number[], axis: number): number[] => dims.filter((_, i) => i !== axis);
/** A shape with one axis given another length. */
export const resized = (dims: readonly number[], axis: number, length: number): number[] =>
  dims.map((d, i) => (i === axis ? length : d));
