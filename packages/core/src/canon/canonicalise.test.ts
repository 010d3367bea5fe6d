import { describe, expect, test } from "vitest";
import { infer } from "../graph/infer.ts";
import { builtIn } from "./built_in.ts";
import { because, type Canonicaliser } from "./canonicaliser.ts";
import { canonicalise } from "./canonicalise.ts";
import { Draft } from "./draft.ts";
import { Sketch } from "./testing.ts";

const canonical = (s: Sketch, outputs: readonly string[], canonicalisers: readonly Canonicaliser[] = builtIn) => {
  const graph = s.graph(outputs),
    { graph: made, report } = canonicalise(graph, infer(graph, new Map([...s.feeds])), canonicalisers);
  return { graph, made, report };
};

describe("canonicalise()", () => {
  test("keeps the name of the last tensor, and says which node of the file new ones come from", () => {
    const s = new Sketch(),
      y = s.op("com.microsoft.BiasGelu", [s.input(2, 8), s.c([8])]),
      { graph, made } = canonical(s, [y]);
    expect(made.nodes.at(-1)!.outputs).toEqual([y]);
    expect(made.nodes.map(({ origin }) => origin)).toEqual([graph.nodes[0]!.name, graph.nodes[0]!.name]);
    expect(made.nodes.map(({ name }) => name)).toEqual(["Add", "Gelu"].map((op) => `${graph.nodes[0]!.name}/${op}`));
  });

  test("leaves what the file can be asked for as it was", () => {
    const s = new Sketch(), { graph, made } = canonical(s, [s.op("com.microsoft.BiasGelu", [s.input(2, 8), s.c([8])])]);
    expect(made.inFile).toBe(graph.inFile);
    expect(made.nodes[0]!.outputs.some((name) => made.inFile.has(name))).toBe(false);
  });

  test("drops nodes and constants nobody reads any more, and no others", () => {
    const s = new Sketch(),
      x = s.input(4),
      half = s.c(0.5),
      h = s.op("Add", [s.op("Erf", [s.op("Mul", [x, s.c(Math.SQRT1_2)])]), s.c(1)]);
    const unread = s.op("Relu", [x]), y = s.op("Mul", [s.op("Mul", [x, half]), h]), { made } = canonical(s, [y]);
    expect(made.nodes.map(({ op }) => op).sort()).toEqual(["Gelu", "Relu"]);
    expect(made.nodes.some(({ outputs }) => outputs[0] === unread)).toBe(true);
    expect(made.constants.size).toBe(0);
  });

  test("leaves nodes in topological order", () => {
    const s = new Sketch(), x = s.input(2, 3, 8), weights = [s.c([8]), s.c([8])];
    const [y, , , sum] = s.ops("com.microsoft.SkipLayerNormalization", [x, x, ...weights], 4);
    const { made } = canonical(s, [s.op("com.microsoft.Gelu", [s.op("Add", [y!, sum!])])]),
      seen = new Set([x, ...weights]);
    for (const node of made.nodes) {
      expect(node.inputs.every((input) => seen.has(input))).toBe(true);
      node.outputs.forEach((output) => seen.add(output));
    }
  });

  test("runs one that was written elsewhere, and reports what it refused", () => {
    const doubled: Canonicaliser = {
      name: "doubled",
      summary: "x + x → 2 x",
      at: ["Add"],
      rewrite(node, scene) {
        if (node.inputs[0] !== node.inputs[1]) return because("its operands differ", node);
        const draft = new Draft(node, scene);
        return draft.ends(draft.mul(node.inputs[0]!, draft.scalar(2, "float32")));
      },
    };
    const s = new Sketch(),
      x = s.input(2),
      twice = s.op("Add", [x, x]),
      { made, report, graph } = canonical(s, [s.op("Add", [twice, x])], [doubled]);
    expect(made.nodes.map(({ op }) => op)).toEqual(["Mul", "Add"]);
    expect(report.fired).toEqual([{ name: "doubled", node: graph.nodes[0]!.name }]);
    expect(report.refused).toEqual([{ name: "doubled", node: graph.nodes[1]!.name, because: "its operands differ" }]);
  });
});

test("every canonicaliser has a name of its own and says its algebra", () => {
  expect(new Set(builtIn.map(({ name }) => name)).size).toBe(builtIn.length);
  for (const { summary } of builtIn) expect(summary).toContain("→");
});
