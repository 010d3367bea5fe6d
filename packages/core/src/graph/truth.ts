/**
 * Whether a condition is known before a run.
 *
 * @module
 */
import type { Constant, Node } from "./graph.ts";

/** Operators that hand a single value through. */
const through: ReadonlySet<string> = new Set(["Identity", "Cast", "Squeeze", "Unsqueeze", "Reshape"]);

/** The value of a boolean that constants decide; `undefined` where an input has a say. */
export function truth(
  name: string,
  constants: ReadonlyMap<string, Constant>,
  made: ReadonlyMap<string, Node>,
): boolean | undefined {
  let negated = false;
  const seen = new Set<string>(); // a file may say that a tensor is made from itself
  for (let at = name;;) {
    const known = constants.get(at);
    if (known) {
      const { data } = known.read();
      return data.length === 1 ? Boolean(Number(data[0])) !== negated : undefined;
    }
    const node = made.get(at);
    if (!node || node.domain !== "" || seen.has(at)) return undefined;
    seen.add(at);
    if (node.op === "Not") negated = !negated;
    else if (!through.has(node.op)) return undefined;
    at = node.inputs[0] ?? "";
  }
}
