/**
 * A checkpoint at work: its graph at each input shape, its forward session with taps, and its relevance programs.
 *
 * @module
 */
import { canonicalise } from "../canon/canonicalise.ts";
import { exact } from "../canon/built_in.ts";
import { compile, compileForward, type CompileRequest, type ShapedGraph } from "../compile/mod.ts";
import { failure, missingShapes } from "../errors.ts";
import type { Graph } from "../graph/graph.ts";
import { infer } from "../graph/infer.ts";
import { joinGraphs } from "../graph/join.ts";
import { checkSizes } from "../graph/memory.ts";
import { modernise } from "../graph/modern.ts";
import { openGraph } from "../graph/open.ts";
import { isFloat, size, type Tensor, type TensorType } from "../graph/tensor.ts";
import type { ExternalData } from "../onnx/external.ts";
import { appendOutputs } from "../onnx/append_outputs.ts";
import { encodeGraph } from "../onnx/encode.ts";
import { defaultLimits } from "../onnx/limits.ts";
import { outputsOf, type Program } from "../program/program.ts";
import type { Executor, PreparedProgram } from "../runtime/executor.ts";
import { openSession, type Session, type SessionOptions } from "../runtime/session.ts";
import { filled, type Inputs, isSetting } from "./inputs.ts";
import { findSources, type Source } from "./sources.ts";
import { turn } from "./turn.ts";
import { checkIds, vocabularies, type Vocabulary } from "./vocabulary.ts";

/** A graph at one input shape with the tensors that are explained. */
export interface Shaped extends ShapedGraph {
  readonly key: string;
  readonly sources: readonly Source[];
  /** The output that holds the answers. */
  readonly target: string;
  /** The same graph with every rounding of activations in its place: what a forward program is compiled from. */
  readonly exact: () => ShapedGraph;
}

/** What a model is made from: the file, and what lies beside it. */
export interface ModelFile {
  readonly model: Uint8Array;
  /** The encoder's file, where `model` is a decoder that reads its hidden states. */
  readonly encoder?: Uint8Array;
  readonly external?: ExternalData;
  /** The same files for the runtime, under the names the model gives them. */
  readonly externalData?: SessionOptions["externalData"];
}

export interface ModelOptions {
  readonly session: SessionOptions;
  readonly executor: Executor;
  /** Who computes the forward pass: a session of ONNX Runtime (the default), or the executor, by a program of its own. */
  readonly forward?: "session" | "program";
}

/** A compiled program and the executor's form of it. */
export interface Runnable {
  readonly program: Program;
  readonly prepared: PreparedProgram;
}

/** A model whose look-ups are given. */
export interface BehindEmbeddings {
  /** @returns what was asked for, and all that was given */
  run(points: ReadonlyMap<string, Tensor>): Promise<Map<string, Tensor>>;
  release(): Promise<void>;
}

/** How often the model ran and a message was carried back. */
export interface Passes {
  forward: number;
  backward: number;
}

export class Model {
  readonly file: ModelFile;
  /** The file's graph in one spelling; names of tensors are the file's. */
  readonly graph: Graph;
  /** Version of the standard operator set the file was written in. */
  readonly opset: number;
  readonly passes: Passes = { forward: 0, backward: 0 };
  readonly #bytes: Uint8Array;
  readonly #options: ModelOptions;
  readonly #shapes = new Map<string, Promise<Shaped>>();
  readonly #programs = new Map<string, Promise<Runnable>>();
  #vocabularies: readonly Vocabulary[] | undefined;
  #session: Promise<Session> | undefined;
  #tapped = new Set<string>();

  constructor(file: ModelFile, options: ModelOptions) {
    this.file = file;
    this.#options = options;
    const open = (bytes: Uint8Array) =>
      openGraph(bytes, { ...(file.external ? { external: file.external } : {}), pinned: CLOSED_BRANCH });
    const opened = open(file.model), graph = modernise(opened.graph);
    this.opset = opened.graph.opsets.get("") ?? 1;
    this.graph = file.encoder ? joinGraphs(modernise(open(file.encoder).graph), graph) : graph;
    this.#bytes = file.encoder ? encodeGraph(this.graph) : opened.bytes;
  }

  get options(): ModelOptions {
    return this.#options;
  }

  /** The output that holds the answers: `logits` by custom, else the first float output. */
  get target(): string {
    const output = this.graph.outputs.find(({ name }) => name === "logits") ??
      this.graph.outputs.find(({ dtype }) => isFloat(dtype)) ?? this.graph.outputs[0];
    if (!output) {
      throw failure({
        code: "NO_OUTPUT",
        message: "The model has no output",
        hint: "hyaline inspect shows what the file holds",
      });
    }
    return output.name;
  }

  /**
   * Shapes, canonical form and sources for inputs of these shapes; cached by shape.
   *
   * @throws MISSING_SHAPES; TENSOR_TOO_LARGE where a node would make more than a machine has
   */
  shaped(inputs: Inputs): Promise<Shaped> {
    const settings = new Map(
      [...inputs].filter(([name]) => this.graph.inputs.some((port) => port.name === name && isSetting(port))),
    );
    const key = [...inputs].map(([name, { dtype, dims }]) =>
      `${name}:${dtype}[${dims}]${settings.has(name) ? `=${settings.get(name)!.data}` : ""}`
    ).join(";");
    return cached(this.#shapes, key, async () => {
      const types = new Map<string, TensorType>(inputs), probed = new Map<string, TensorType>();
      let told = infer(this.graph, types, { pinned: settings, probed });
      checkSizes(told.types, defaultLimits.tensorBytes);
      const unknown = told.unknown.filter((name) => this.graph.inFile.has(name));
      if (unknown.length) { // shapes that depend on data: the model itself tells them
        for (const [name, { dtype, dims }] of await this.#run(inputs, unknown)) probed.set(name, { dtype, dims });
        told = infer(this.graph, types, { pinned: settings, probed });
      }
      if (told.missing.length) throw missingShapes(told.missing);
      await turn();
      const inOneSpelling = (canonicalisers?: typeof exact): ShapedGraph => {
        const { graph } = canonicalise(this.graph, told, canonicalisers);
        const whole = infer(graph, types, { pinned: settings, probed: new Map([...probed, ...told.types]) });
        if (whole.missing.length) throw missingShapes(whole.missing);
        return { graph, types: whole.types, known: whole.known };
      };
      const shaped = inOneSpelling();
      return {
        ...shaped,
        key,
        sources: findSources(shaped.graph, shaped.types),
        target: this.target,
        exact: () => (shaped.graph.nodes.some(({ quantised }) => quantised) ? inOneSpelling(exact) : shaped),
      };
    });
  }

  /** Runs the checkpoint: its own session, or a program on the executor. @throws ID_OUT_OF_RANGE, and the runtime's RUN_FAILED */
  async forward(inputs: Inputs, fetches: readonly string[]): Promise<Map<string, Tensor>> {
    checkIds(this.#vocabularies ??= vocabularies(this.graph), inputs);
    const wanted = fetches.filter((name) => !inputs.has(name));
    const found = this.#options.forward === "program"
      ? await this.#compute(inputs, wanted)
      : await this.#run(inputs, wanted);
    for (const name of fetches) if (inputs.has(name)) found.set(name, inputs.get(name)!);
    await turn();
    return found;
  }

  /** By ONNX Runtime. Tapped tensors become outputs of the session, which is opened again when new ones are asked for. */
  async #run(inputs: Inputs, fetches: readonly string[]): Promise<Map<string, Tensor>> {
    const session = await this.#with(fetches);
    this.passes.forward++;
    const given = new Map([...inputs].filter(([name]) => session.inputs.includes(name)));
    return await session.run(given, fetches);
  }

  /** By the executor, from the inputs alone. */
  async #compute(inputs: Inputs, fetches: readonly string[]): Promise<Map<string, Tensor>> {
    const shaped = await this.shaped(inputs), wanted = [...new Set(fetches)].sort();
    const { program, prepared } = await this.#runnable(
      `${shaped.key}|forward|${wanted}`,
      () => compileForward(shaped.exact(), wanted),
    );
    this.passes.forward++;
    return valuesOf(program, await prepared.run(inputs));
  }

  /** Taps to open the session with, before the first run: one session instead of two. */
  expect(fetches: readonly string[]): void {
    for (const name of fetches) if (this.graph.inFile.has(name)) this.#tapped.add(name);
  }

  /**
   * A compiled program, ready to run; cached by shape and request. Texts come in many lengths and each has programs of its own, so
   * only those used last are kept.
   */
  program(shaped: Shaped, request: Omit<CompileRequest, "shaped" | "sources" | "target">): Promise<Runnable> {
    const key = [
      shaped.key,
      request.composite.id,
      JSON.stringify(request.composite.rules),
      request.at.join(),
      request.values?.join() ?? "",
      request.seeds ?? 1,
      request.ledger ?? false,
    ].join("|");
    return this.#runnable(key, () => {
      const program = compile({
        ...request,
        shaped,
        sources: shaped.sources.flatMap(({ tensors }) => tensors),
        target: shaped.target,
      });
      this.expect(program.taps);
      return program;
    });
  }

  #runnable(key: string, make: () => Program): Promise<Runnable> {
    const runnable = cached(this.#programs, key, async () => {
      const program = make();
      await turn();
      return { program, prepared: await this.#options.executor.prepare(program) };
    });
    this.#programs.delete(key);
    this.#programs.set(key, runnable); // used last
    if (this.#programs.size > KEPT) {
      const [oldest, entry] = this.#programs.entries().next().value!;
      this.#programs.delete(oldest);
      entry.then(({ prepared }) => prepared.release(), () => {});
    }
    return runnable;
  }

  /** Carries a seed back through a program. */
  async backward(
    { program, prepared }: Runnable,
    taps: ReadonlyMap<string, Tensor>,
    seed?: Tensor,
  ): Promise<Map<string, Tensor>> {
    if (seed) this.passes.backward++;
    const found = await prepared.run(taps, seed);
    await turn();
    return new Map(outputsOf(program).map((name) => [name, found.get(name)!]));
  }

  /** The model behind its embeddings, for paths between inputs: `tensors` are given and everything after them is computed. */
  async behindEmbeddings(
    { shaped, inputs, tensors, fetches }: {
      shaped: Shaped;
      inputs: Inputs;
      tensors: readonly string[];
      fetches: readonly string[];
    },
  ): Promise<BehindEmbeddings> {
    const wanted = [...new Set(fetches)].filter((name) => !tensors.includes(name) && !inputs.has(name));
    const twin = this.#options.forward === "program"
      ? await this.#programBehind(shaped, tensors, wanted)
      : await this.#sessionBehind(shaped, tensors, wanted);
    return {
      run: async (points) => {
        this.passes.forward++;
        return new Map([...await twin.run(new Map([...inputs, ...points])), ...inputs, ...points]);
      },
      release: () => twin.release(),
    };
  }

  async #programBehind(
    shaped: Shaped,
    tensors: readonly string[],
    wanted: readonly string[],
  ): Promise<BehindEmbeddings> {
    const program = compileForward(shaped.exact(), wanted, tensors),
      prepared = await this.#options.executor.prepare(program);
    return {
      run: async (given) => valuesOf(program, await prepared.run(given)),
      release: () => prepared.release(),
    };
  }

  /** The file's graph with the explained look-ups as inputs. */
  async #sessionBehind(
    shaped: Shaped,
    tensors: readonly string[],
    wanted: readonly string[],
  ): Promise<BehindEmbeddings> {
    const nodes = this.graph.nodes.map((node) => ({
      ...node,
      outputs: node.outputs.map((output) => (tensors.includes(output) ? `${output}~looked-up` : output)),
    }));
    const float = (name: string, dims: readonly number[]) => ({ name, dtype: "float32" as const, dims });
    const inputs = [...this.graph.inputs, ...tensors.map((name) => float(name, shaped.types.get(name)!.dims))];
    const outputs = [...new Set([...wanted, this.target])].map((name) => float(name, []));
    const session = await openSession(encodeGraph({ ...this.graph, nodes, inputs, outputs }), this.#settings());
    return {
      run: (given) => session.run(new Map([...given].filter(([name]) => session.inputs.includes(name))), wanted),
      release: () => session.release(),
    };
  }

  async release(): Promise<void> {
    await (await this.#session)?.release();
    for (const entry of this.#programs.values()) await (await entry).prepared.release();
    this.#programs.clear();
    this.#session = undefined;
  }

  #settings(): SessionOptions {
    const { externalData } = this.file;
    return {
      ...this.#options.session,
      ...(externalData ? { externalData } : {}),
      ...(foldsWeights(this.graph) ? { foldWeights: true } : {}),
    };
  }

  async #with(fetches: readonly string[]): Promise<Session> {
    const open = await this.#session, has = new Set(open?.outputs ?? []);
    const missing = fetches.filter((name) => !has.has(name) && this.graph.inFile.has(name));
    if (open && missing.length === 0) return open;
    missing.forEach((name) => this.#tapped.add(name));
    const own = new Set(this.graph.outputs.map(({ name }) => name));
    const opening = openSession(
      appendOutputs(this.#bytes, [...this.#tapped].filter((name) => !own.has(name))),
      this.#settings(),
    );
    this.#session = opening;
    const session = await opening;
    await open?.release();
    return session;
  }
}

/** Merged decoders choose a branch by this input; without a cache it is false. */
const CLOSED_BRANCH: ReadonlyMap<string, Tensor> = new Map([["use_cache_branch", filled("bool", [1], 0)]]);

/** Bytes that weights may take once they are dequantised. */
const FOLDED = 512 * 2 ** 20;

/** Whether a file dequantises weights of eight bits, and nothing else: left to itself the runtime would do so in every run. */
function foldsWeights({ nodes, constants }: Graph): boolean {
  const weights = nodes.filter(({ op }) => op === "DequantizeLinear").map(({ inputs }) => constants.get(inputs[0]!));
  return weights.some(Boolean) && !nodes.some(({ op }) => op === "QuantizeLinear") &&
    weights.every((weight) => weight === undefined || /^u?int8$/.test(weight.dtype)) &&
    weights.reduce((sum, weight) => sum + 4 * (weight ? size(weight.dims) : 0), 0) <= FOLDED;
}

/** A forward program's results under the names the file gives them. */
const valuesOf = ({ values }: Program, found: ReadonlyMap<string, Tensor>): Map<string, Tensor> =>
  new Map([...values].map(([name, own]) => [name, found.get(own)!]));

/** Programs kept ready. One explanation by every method needs about ten. */
const KEPT = 24;

/** A failed attempt is forgotten, so that it can be tried again. */
function cached<T>(map: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
  const before = map.get(key);
  if (before) return before;
  const made = make();
  map.set(key, made);
  made.catch(() => map.delete(key));
  return made;
}
