/**
 * The forward pass as the checkpoint itself, in a session of ONNX Runtime. Tapped tensors become outputs of the file.
 *
 * @module
 */
import type { Graph } from "../graph/graph.ts";
import { size, type Tensor } from "../graph/tensor.ts";
import { appendOutputs } from "../onnx/append_outputs.ts";
import { encodeGraph } from "../onnx/encode.ts";
import { type Runtime, runtimeOf } from "../runtime/record.ts";
import { openSession, type Session, type SessionOptions } from "../runtime/session.ts";
import type { ForwardPass, Twin } from "./forward_pass.ts";
import type { Inputs } from "./inputs.ts";
import type { Shaped } from "./shaping.ts";

export class ForwardSession implements ForwardPass {
  readonly runtime: Runtime;
  readonly #graph: Graph;
  readonly #bytes: () => Uint8Array;
  readonly #options: SessionOptions;
  readonly #tapped = new Set<string>();
  #session: Promise<Session> | undefined;

  /** @param bytes what the session runs: a file that computes `graph.inFile` */
  constructor(graph: Graph, bytes: () => Uint8Array, options: SessionOptions) {
    this.runtime = runtimeOf(options.backend);
    this.#graph = graph;
    this.#bytes = bytes;
    this.#options = { ...options, ...(foldsWeights(graph) ? { foldWeights: true } : {}) };
  }

  /** Taps to open the session with, before the first run: one session instead of two. */
  expect(fetches: readonly string[]): void {
    for (const name of fetches) if (this.#graph.inFile.has(name)) this.#tapped.add(name);
  }

  async run(inputs: Inputs, fetches: readonly string[]): Promise<Map<string, Tensor>> {
    const session = await this.#with(fetches);
    return await session.run(asked(inputs, session), fetches);
  }

  place = (): Promise<undefined> => Promise.resolve(undefined);

  /** The graph written anew, with the given tensors as inputs. */
  async behind({ types, target }: Shaped, given: readonly string[], fetches: readonly string[]): Promise<Twin> {
    const nodes = this.#graph.nodes.map((node) => ({
      ...node,
      outputs: node.outputs.map((output) => (given.includes(output) ? `${output}~looked-up` : output)),
    }));
    const float = (name: string, dims: readonly number[]) => ({ name, dtype: "float32" as const, dims });
    const inputs = [...this.#graph.inputs, ...given.map((name) => float(name, types.get(name)!.dims))];
    const outputs = [...new Set([...fetches, target])].map((name) => float(name, []));
    const session = await openSession(encodeGraph({ ...this.#graph, nodes, inputs, outputs }), this.#options);
    return { run: (all) => session.run(asked(all, session), fetches), release: () => session.release() };
  }

  async release(): Promise<void> {
    await (await this.#session)?.release();
    this.#session = undefined;
  }

  async #with(fetches: readonly string[]): Promise<Session> {
    const open = await this.#session, has = new Set(open?.outputs ?? []);
    const missing = fetches.filter((name) => !has.has(name) && this.#graph.inFile.has(name));
    if (open && missing.length === 0) return open;
    missing.forEach((name) => this.#tapped.add(name));
    const own = new Set(this.#graph.outputs.map(({ name }) => name));
    const opening = openSession(
      appendOutputs(this.#bytes(), [...this.#tapped].filter((name) => !own.has(name))),
      this.#options,
    );
    this.#session = opening;
    const session = await opening;
    await open?.release();
    return session;
  }
}

/** What a session takes of what is there. */
const asked = (given: ReadonlyMap<string, Tensor>, { inputs }: Session): Map<string, Tensor> =>
  new Map([...given].filter(([name]) => inputs.includes(name)));

/** Bytes that weights may take once they are dequantised. */
const FOLDED = 512 * 2 ** 20;

/** Whether a file dequantises weights of eight bits, and nothing else: left to itself the runtime would do so in every run. */
function foldsWeights({ nodes, constants }: Graph): boolean {
  const weights = nodes.filter(({ op }) => op === "DequantizeLinear").map(({ inputs }) => constants.get(inputs[0]!));
  return weights.some(Boolean) && !nodes.some(({ op }) => op === "QuantizeLinear") &&
    weights.every((weight) => weight === undefined || /^u?int8$/.test(weight.dtype)) &&
    weights.reduce((sum, weight) => sum + 4 * (weight ? size(weight.dims) : 0), 0) <= FOLDED;
}
