/**
 * Topological order for nodes that come from a file, which may break every promise.
 *
 * @module
 */
import { malformedModel } from "../errors.ts";
import { type Node, topological } from "./graph.ts";

/**
 * Orders nodes; a file that is in order already (as ONNX asks) stays as it is.
 *
 * @param given names of inputs and constants
 * @throws MODEL_MALFORMED where a name is made by nothing, or nodes wait for each other
 */
export function sorted(nodes: readonly Node[], given: ReadonlySet<string>): readonly Node[] {
  const made = new Set(nodes.flatMap(({ outputs }) => outputs)),
    waiting = new Map<string, Node[]>(),
    missing = new Map<Node, number>();
  for (const node of nodes) {
    const before = new Set(node.inputs.filter((name) => name && !given.has(name)));
    for (const name of before) {
      if (!made.has(name)) {
        throw malformedModel(`node "${node.name}" (${node.op}) reads "${name}", which nothing makes`);
      }
      const list = waiting.get(name);
      if (list) list.push(node);
      else waiting.set(name, [node]);
    }
    missing.set(node, before.size);
  }
  // Kahn's count: nodes that never become ready wait for themselves.
  const ready = nodes.filter((node) => missing.get(node) === 0);
  for (let i = 0; i < ready.length; i++) {
    for (const output of ready[i]!.outputs) {
      for (const user of output ? waiting.get(output) ?? [] : []) {
        const left = missing.get(user)! - 1;
        missing.set(user, left);
        if (left === 0) ready.push(user);
      }
    }
  }
  if (ready.length < nodes.length) {
    const stuck = nodes.find((node) => missing.get(node)! > 0)!;
    throw malformedModel(`node "${stuck.name}" (${stuck.op}) waits for its own result`);
  }
  return topological(nodes);
}
