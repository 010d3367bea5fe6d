/**
 * A graph under trial: shaped for its inputs, with a forward session that shows any tensor.
 *
 * @module
 */
import { runnable } from "../canon/testing.ts";
import type { ShapedGraph } from "../compile/mod.ts";
import type { Graph } from "../graph/graph.ts";
import { infer } from "../graph/infer.ts";
import { modernise } from "../graph/modern.ts";
import type { Tensor } from "../graph/tensor.ts";
import { encodeGraph } from "../onnx/encode.ts";
import { openSession, type Session, type SessionOptions } from "../runtime/session.ts";

const SETTINGS: SessionOptions = { backend: "wasm", threads: 1, level: "disabled" };

export class Trial {
  readonly graph: Graph;
  readonly shaped: ShapedGraph;
  readonly inputs: ReadonlyMap<string, Tensor>;
  #session: Promise<Session> | undefined;

  constructor({ graph, inputs }: { graph: Graph; inputs: ReadonlyMap<string, Tensor> }) {
    this.graph = graph;
    this.inputs = inputs;
    const modern = modernise(graph), { types, known } = infer(modern, inputs);
    this.shaped = { graph: modern, types, known };
  }

  /** Runs the graph as written, in its own opset, and returns the tensors asked for. */
  async run(
    fetches: readonly string[],
    inputs: ReadonlyMap<string, Tensor> = this.inputs,
  ): Promise<Map<string, Tensor>> {
    const { graph, shaped: { types } } = this,
      made = fetches.filter((name) => !inputs.has(name)),
      given = fetches.filter((name) => inputs.has(name));
    const found = new Map(given.map((name) => [name, inputs.get(name)!]));
    if (made.length === 0) return found;
    const outputs = [...graph.inFile].filter(Boolean).map((name) => ({
      name,
      dtype: types.get(name)?.dtype ?? "float32",
      dims: [],
    }));
    this.#session ??= openSession(
      encodeGraph(runnable({ ...graph, outputs }, (name) => types.get(name)?.dtype ?? "float32")),
      SETTINGS,
    );
    for (const [name, value] of await (await this.#session).run(inputs, made)) found.set(name, value);
    return found;
  }

  async release(): Promise<void> {
    await (await this.#session)?.release();
  }
}
