import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { fromNumbers } from "../graph/fold.ts";
import { infer } from "../graph/infer.ts";
import { modernise } from "../graph/modern.ts";
import { openGraph } from "../graph/open.ts";
import { type DType, numbers, type Tensor } from "../graph/tensor.ts";
import { canonicalise } from "./canonicalise.ts";
import { difference, run, runnable } from "./testing.ts";

/** Golden checkpoints made by `deno task zoo`; set HYALINE_ZOO to run what they hold through both passes. */
const zoo = process.env["HYALINE_ZOO"];
const cases = zoo && existsSync(zoo)
  ? readdirSync(zoo).filter((name) => existsSync(join(zoo, name, "onnx/model.onnx")))
  : [];
/**
 * Integers in the file cost what rounding costs; halves a little. Ranges fixed ahead may cut a masked score or flatten a
 * whole row, of which going straight through says nothing: there only the rest is checked.
 */
function tolerance(ops: ReadonlySet<string>, halves: boolean): number {
  if (ops.has("QuantizeLinear")) return Infinity;
  const rounds = ["DynamicQuantizeLinear", "DynamicQuantizeMatMul", "DynamicQuantizeLSTM"].some((op) => ops.has(op));
  return rounds ? 0.15 : halves ? 5e-3 : 1e-5;
}
const close = (a: number, b: number): boolean => a === b || Math.abs(a - b) <= 1e-5 * Math.max(1, Math.abs(a));

interface ZooCase {
  readonly inputs: Readonly<
    Record<string, { readonly dtype: DType; readonly dims: readonly number[]; readonly data: readonly number[] }>
  >;
}

function open(name: string) {
  const folder = join(zoo!, name), { inputs } = JSON.parse(readFileSync(join(folder, "case.json"), "utf8")) as ZooCase;
  const feeds = new Map(
    Object.entries(inputs).map((
      [input, { dtype, dims, data }],
    ): [string, Tensor] => [input, fromNumbers(dtype, dims, data)]),
  );
  // Switches and counts steer shapes: they are fixed ahead.
  const pinned = new Map([...feeds].filter(([, { dtype, dims }]) => dtype === "bool" || dims.length === 0));
  const data = ["model.onnx.data", "model.onnx_data"].map((file) => join(folder, "onnx", file)).find(existsSync);
  const external = data
    ? {
      read: ({ offset, length }: { offset: number; length: number }) =>
        new Uint8Array(readFileSync(data)).slice(offset, offset + length),
    }
    : undefined;
  const { graph } = openGraph(new Uint8Array(readFileSync(join(folder, "onnx/model.onnx"))), {
    pinned,
    ...(external && { external }),
  });
  const constants = new Map([...graph.constants].map(([key, { dtype, dims, read }]) => [key, { dtype, dims, read }]));
  return { graph: { ...modernise(graph), constants: new Map([...modernise(graph).constants, ...constants]) }, feeds };
}

describe("checkpoints of the zoo", () => {
  test("are read where HYALINE_ZOO says so", () => {
    expect(cases.length > 0 || !zoo).toBe(true);
  });
  for (const name of cases) {
    test(name, async () => {
      const { graph, feeds } = open(name),
        knowledge = infer(graph, feeds),
        names = graph.nodes.flatMap(({ outputs }) => outputs.filter(Boolean));
      expect(knowledge.missing).toEqual([]);
      // Every tensor the file computes has the type and, where it was folded, the elements that ONNX Runtime finds.
      const tapped = { ...graph, outputs: names.map((output) => ({ name: output, ...knowledge.types.get(output)! })) };
      for (const [tensor, found] of await run(tapped, feeds)) {
        const known = knowledge.known.get(tensor);
        expect({ tensor, ...knowledge.types.get(tensor) }).toEqual({ tensor, dtype: found.dtype, dims: found.dims });
        if (known) {
          expect([tensor, numbers(known).every((v, i) => close(v, numbers(found)[i]!))]).toEqual([tensor, true]);
        }
      }
      // The canonical graph computes the same outputs.
      const { graph: canonical } = canonicalise(graph, knowledge), { types } = infer(canonical, feeds);
      const before = await run(graph, feeds),
        after = await run(runnable(canonical, (tensor) => types.get(tensor)!.dtype), feeds);
      const limit = tolerance(
        new Set(graph.nodes.map(({ op }) => op)),
        [...graph.constants.values()].some(({ dtype }) => dtype === "float16"),
      );
      for (const { name: output } of graph.outputs) {
        expect(difference(before.get(output)!, after.get(output)!), output).toBeLessThan(limit);
      }
    });
  }
});
