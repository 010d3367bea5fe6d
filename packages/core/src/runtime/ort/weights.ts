/**
 * Hands a program's weights to the runtime beside the file instead of inside it: large constants become external data, each under
 * a name of its own, so that no copy is made on the way.
 *
 * @module
 */
import type { Constant, Graph } from "../../graph/graph.ts";
import { byteLength } from "../../graph/tensor.ts";
import type { SessionOptions } from "../session.ts";

/** Smaller ones stay in the file: the runtime may fold them. */
const APART_FROM = 1024;

/** The graph with its large constants elsewhere, and what lies there. */
export function apart(graph: Graph): { graph: Graph; externalData: NonNullable<SessionOptions["externalData"]> } {
  const constants = new Map<string, Constant>(), externalData: { path: string; data: Uint8Array }[] = [];
  for (const [name, constant] of graph.constants) {
    const { dtype, dims } = constant, bytes = byteLength(constant);
    if (bytes < APART_FROM || dtype === "int64") { // sizes and axes: the runtime infers shapes from them
      constants.set(name, { dtype, dims, read: () => constant.read() }); // inside, wherever the checkpoint keeps it
      continue;
    }
    const { data } = constant.read() as { data: ArrayBufferView<ArrayBuffer> }, path = `weight-${externalData.length}`;
    externalData.push({ path, data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) });
    constants.set(name, {
      dtype,
      dims,
      read: () => constant.read(),
      external: { location: path, offset: 0, length: bytes },
    });
  }
  return { graph: { ...graph, constants }, externalData };
}
