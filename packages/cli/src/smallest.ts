/**
 * The smallest model there is: y = −x. Running it shows that the runtime works, and makes it compile itself.
 *
 * @module
 */
import { encodeGraph } from "@hyaline/core";

/** Its file, with an input `x` and an output `y` of two numbers. */
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
