/**
 * Getting a runtime ready before there is a model for it.
 *
 * @module
 */
import { encodeGraph } from "../onnx/encode.ts";
import { openSession, type SessionOptions } from "./session.ts";

/** The file of the smallest model there is, y = −x, with an input `x` and an output `y` of two numbers. */
export function smallestModel(): Uint8Array {
  const port = (name: string) => ({ name, dtype: "float32" as const, dims: [2] });
  return encodeGraph({
    inputs: [port("x")],
    outputs: [port("y")],
    nodes: [{ op: "Neg", domain: "", name: "n", inputs: ["x"], outputs: ["y"], attributes: {} }],
    constants: new Map(),
    inFile: new Set(["y"]),
    opsets: new Map([["", 17]]),
  });
}

/** Makes the runtime compile itself while files are still being read. What is wrong with it is said where it is needed. */
export const warmUp = (session: SessionOptions): Promise<void> =>
  openSession(smallestModel(), session).then((smallest) => smallest.release()).catch(() => {});
