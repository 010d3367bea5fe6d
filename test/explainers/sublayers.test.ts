/** Relevance inside layers: through each sub-layer, past it, and after it, held against the books and against differences. */
import { describe, expect, test } from "vitest";
import { completeInputs, typed } from "../../packages/core/src/host/inputs.ts";
import { Model, type Shaped } from "../../packages/core/src/host/model.ts";
import { gather } from "../../packages/core/src/host/evidence.ts";
import { type PlacedSource, placeSources } from "../../packages/core/src/host/plan.ts";
import { pointsOf } from "../../packages/core/src/host/sublayers.ts";
import { resolveTarget } from "../../packages/core/src/host/target.ts";
import { encodeGraph } from "../../packages/core/src/onnx/encode.ts";
import type { DType, Tensor } from "../../packages/core/src/graph/tensor.ts";
import { numbers } from "../../packages/core/src/graph/tensor.ts";
import { composites } from "../../packages/core/src/lrp/composite.ts";
import type { Relevances } from "../../packages/core/src/plugin/mod.ts";
import { ortExecutor } from "../../packages/core/src/runtime/ort/executor.ts";
import { openSession } from "../../packages/core/src/runtime/session.ts";
import { readCase } from "../zoo/case.ts";
import { committed } from "../zoo/committed.ts";

const session = { backend: "wasm", threads: 1 } as const;

interface Opened {
  readonly model: Model;
  readonly shaped: Shaped;
  readonly inputs: ReadonlyMap<string, Tensor>;
  readonly sources: readonly PlacedSource[];
  readonly seed: Tensor;
  readonly value: number;
  relevances(composite: string): Promise<Relevances>;
}

async function opened(name: string): Promise<Opened> {
  const { golden, model: bytes } = await readCase(await committed(), name);
  const model = new Model({ model: bytes }, { session, executor: ortExecutor(session) });
  const given = new Map(
    Object.entries(golden.inputs).map(([name, { dtype, dims, data }]) => [name, typed(dtype as DType, dims, data)]),
  );
  const inputs = completeInputs(model.graph, given), shaped = await model.shaped(inputs);
  const names = { labelOf: () => undefined, indexOf: () => undefined, classes: [] };
  const logits = (await model.forward(inputs, [model.target])).get(model.target)!;
  const { seed, target: { value } } = resolveTarget({}, { logits, names });
  return {
    model,
    shaped,
    inputs,
    sources: placeSources(shaped),
    seed,
    value,
    async relevances(composite) {
      const needs = [{ relevances: composite, at: "sublayers" as const }];
      const { targets } = await gather({
        model,
        shaped,
        inputs,
        needs,
        targets: (logits) => [resolveTarget({}, { logits, names })],
      });
      return targets[0]!.pick(needs).relevances!;
    },
  };
}

/** Σ over the tokens at each point, with what the point is. */
function sums({ sublayers }: Relevances) {
  const { points, relevance: { shape: [, width = 0], data } } = sublayers!;
  return points.map((point, i) => ({
    ...point,
    sum: data.slice(i * width, (i + 1) * width).reduce((a, b) => a + b, 0),
  }));
}

/** Point by point: "1 through attention". */
const names = (relevances: Relevances): string[] =>
  relevances.sublayers!.points.map(({ layer, way, kinds }) => [layer, way, ...kinds].join(" "));

describe("sub-layers", { timeout: 120_000 }, () => {
  test("are found whether norms come before or after, side by side, and with a second source", async () => {
    const parts = async (name: string) => {
      const { model, sources } = await opened(name);
      await model.release();
      return sources.map(({ structure: { sublayers } }) => sublayers.map(({ layer, kind }) => `${layer} ${kind}`));
    };
    const both = [1, 2].flatMap((layer) => [`${layer} attention`, `${layer} feed-forward`]);
    for (const name of ["bert-dynamo", "llama-dynamo", "opt-dynamo", "gemma2-dynamo"]) {
      expect(await parts(name), name).toEqual([both]);
    }
    expect((await parts("gpt-neox-dynamo"))[0]!.toSorted()).toEqual(both);
    const crossed = [1, 2].flatMap((layer) =>
      ["attention", "cross-attention", "feed-forward"].map((k) => `${layer} ${k}`)
    );
    expect(await parts("bart-dynamo")).toEqual([both, crossed]);
    expect(await parts("lstm-dynamo")).toEqual([[]]);
  });

  test("come in order, through, past and after each; a layer that is no sum shows its end alone", async () => {
    const bert = await opened("bert-dynamo"), found = names(await bert.relevances("attnlrp"));
    expect(found.slice(0, 7)).toEqual([
      "0 after",
      "1 through attention",
      "1 past attention",
      "1 after attention",
      "1 through feed-forward",
      "1 past feed-forward",
      "1 after feed-forward",
    ]);
    expect(found).toHaveLength(13);
    const neox = names(await (await opened("gpt-neox-dynamo")).relevances("attnlrp"));
    expect(neox.filter((name) => name.startsWith("1"))).toEqual([
      "1 through feed-forward",
      "1 through attention",
      "1 past feed-forward attention",
      "1 after feed-forward attention",
    ]);
    expect(names(await (await opened("lstm-dynamo")).relevances("attnlrp"))).toEqual(["0 after", "1 after"]);
  });

  test.each(["bert-dynamo", "llama-dynamo", "gpt-neox-dynamo", "gemma2-dynamo", "bert-dynamo-int8"])(
    "%s: from one point after a sub-layer to the next, relevance changes by the ledger's lines in between",
    async (name) => {
      const { model, shaped, sources: [source], seed, inputs, value, relevances } = await opened(name);
      const points = pointsOf(source!.structure), found = sums(await relevances("attnlrp"));
      const program = await model.program(shaped, {
        composite: composites.get("attnlrp")!,
        at: source!.tensors,
        ledger: true,
      });
      const lines = await model.backward(program, await model.forward(inputs, program.program.taps), seed);
      const made = new Map(
          shaped.graph.nodes.flatMap(({ outputs }, i) => outputs.map((output) => [output, i] as const)),
        ),
        place = new Map(shaped.graph.nodes.map(({ name }, i) => [name, i]));
      const after = points.map(({ way, of: [tensor] }, i) => ({ way, tensor, i })).filter(({ way }) => way === "after");
      let between = 0;
      for (const [k, { tensor, i }] of after.slice(1).entries()) {
        const from = made.get(after[k]!.tensor) ?? -1, to = made.get(tensor)!;
        const taken = program.program.ledger.filter(({ node }) => place.get(node)! > from && place.get(node)! <= to)
          .reduce((sum, line) => sum + numbers(lines.get(line.tensor)!)[0]!, 0);
        expect(Math.abs(found[i]!.sum - found[after[k]!.i]!.sum - taken), points[i]!.kinds.join()).toBeLessThan(
          1e-3 * Math.max(1, Math.abs(value)),
        );
        between += Math.abs(taken);
      }
      expect(between).toBeGreaterThan(1e-3); // biases and softmaxes did take something
      await model.release();
    },
  );

  test.each(["bert-dynamo", "llama-dynamo", "bert-torchscript"])(
    "%s: with plain derivatives, a share is what the target gains as the sub-layer, or what passes it, grows",
    async (name) => {
      const { model, sources: [source], inputs, value, relevances, seed } = await opened(name);
      const found = sums(await relevances("gradient")), scale = Math.max(...found.map(({ sum }) => Math.abs(sum)));
      /** d target / d s where one operand of a sum is multiplied by s, by a central difference on the changed graph. */
      const gain = async (operand: string, sum: string): Promise<number> => {
        const grown = `${operand}~grown`, step = 1e-2;
        const nodes = model.graph.nodes.flatMap((node) => {
          if (!node.outputs.includes(sum)) return [node];
          expect(node.inputs).toContain(operand);
          const mul = { op: "Mul", domain: "", name: grown, inputs: [operand, "s"], outputs: [grown], attributes: {} };
          return [mul, { ...node, inputs: node.inputs.map((input) => (input === operand ? grown : input)) }];
        });
        const port = { name: "s", dtype: "float32" as const, dims: [1] };
        const changed = await openSession(
          encodeGraph({ ...model.graph, nodes, inputs: [...model.graph.inputs, port] }),
          session,
        );
        const at = async (s: number): Promise<number> => {
          const given = new Map<string, Tensor>([...inputs, ["s", typed("float32", [1], [s])]]);
          const logits = numbers((await changed.run(given, [model.target])).get(model.target)!);
          return numbers(seed).reduce((sum, g, i) => sum + g * logits[i]!, 0);
        };
        expect(await at(1)).toBeCloseTo(value, 3);
        const slope = (await at(1 + step) - await at(1 - step)) / (2 * step);
        await changed.release();
        return slope;
      };
      for (const { layer, kind, enters, output, sum } of source!.structure.sublayers) {
        const share = (way: string) =>
          found.find((p) => p.layer === layer && p.way === way && p.kinds[0] === kind)!.sum;
        expect(Math.abs(await gain(output, sum) - share("through")) / scale, `through ${kind} ${layer}`).toBeLessThan(
          1e-2,
        );
        expect(Math.abs(await gain(enters, sum) - share("past")) / scale, `past ${kind} ${layer}`).toBeLessThan(1e-2);
      }
      await model.release();
    },
  );
});
