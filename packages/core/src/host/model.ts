/**
 * A checkpoint at work: its graph at each input shape, its forward pass, and its relevance programs.
 *
 * @module
 */
import { compile, type CompileRequest } from "../compile/mod.ts";
import { failure } from "../errors.ts";
import type { Graph } from "../graph/graph.ts";
import { joinGraphs } from "../graph/join.ts";
import { modernise } from "../graph/modern.ts";
import { openGraph } from "../graph/open.ts";
import { isFloat, type Tensor } from "../graph/tensor.ts";
import { encodeGraph } from "../onnx/encode.ts";
import type { Backing } from "../onnx/backing.ts";
import type { ExternalData } from "../onnx/external.ts";
import { outputsOf } from "../program/program.ts";
import type { Executor } from "../runtime/executor.ts";
import { kernelRuntime, type Runtime, runtimeOf } from "../runtime/record.ts";
import type { SessionOptions } from "../runtime/session.ts";
import { ForwardChosen } from "./forward_chosen.ts";
import type { ForwardPass, Twin } from "./forward_pass.ts";
import { ForwardProgram } from "./forward_program.ts";
import { ForwardSession } from "./forward_session.ts";
import { filled, type Inputs, isSetting } from "./inputs.ts";
import { Kept } from "./kept.ts";
import { Programs, type Runnable } from "./programs.ts";
import { type Shaped, shapedAt } from "./shaping.ts";
import { turn } from "./turn.ts";
import { checkIds, vocabularies, type Vocabulary } from "./vocabulary.ts";

export type { Runnable, Shaped };

/** What a model is made from: the file, and what lies beside it. */
export interface ModelFile {
  readonly model: Uint8Array;
  /** The same file, to be read again. Where it is given `model` is taken: it is empty once the graph is built. */
  readonly backing?: Backing;
  /** The encoder's file, where `model` is a decoder that reads its hidden states. */
  readonly encoder?: Uint8Array;
  readonly external?: ExternalData;
  /** The same files for the runtime, under the names the model gives them. */
  readonly externalData?: SessionOptions["externalData"];
}

export interface ModelOptions {
  readonly session: SessionOptions;
  readonly executor: Executor;
  /**
   * Who computes the forward pass: a session of ONNX Runtime, the executor by a program of its own, or, by default, the executor
   * where it runs the whole model without the runtime.
   */
  readonly forward?: "auto" | "session" | "program";
}

/** How often the model ran and a message was carried back. */
export interface Passes {
  forward: number;
  backward: number;
}

export class Model {
  /** Bytes of its files. */
  readonly bytes: number;
  /** The file's graph in one spelling; names of tensors are the file's. */
  readonly graph: Graph;
  /** Version of the standard operator set the file was written in. */
  readonly opset: number;
  readonly passes: Passes = { forward: 0, backward: 0 };
  readonly #options: ModelOptions;
  readonly #shapes = new Kept<Shaped>();
  readonly #programs: Programs;
  readonly #backing: Backing | undefined;
  readonly #session: ForwardSession;
  readonly #forward: ForwardPass;
  #vocabularies: readonly Vocabulary[] | undefined;

  constructor(file: ModelFile, options: ModelOptions) {
    this.#options = options;
    this.bytes = [file.model, file.encoder, ...(file.externalData ?? []).map(({ data }) => data)]
      .reduce((sum, part) => sum + (part?.length ?? 0), 0);
    const { backing, external, externalData } = file;
    const opened = openGraph(file.model, { external, backing, pinned: CLOSED_BRANCH }), graph = modernise(opened.graph);
    this.opset = opened.graph.opsets.get("") ?? 1;
    this.graph = file.encoder
      ? joinGraphs(modernise(openGraph(file.encoder, { external, pinned: CLOSED_BRANCH }).graph), graph)
      : graph;
    this.#backing = backing;
    // What was left closed is still made of the bytes.
    if (backing && !graph.nodes.some(({ closed }) => closed)) (file.model.buffer as ArrayBuffer).transfer(0);
    const bytes = file.encoder ? () => encodeGraph(this.graph) : opened.bytes;
    this.#session = new ForwardSession(this.graph, bytes, {
      ...options.session,
      ...(externalData ? { externalData } : {}),
    });
    const { executor, session, forward = "auto" } = options, shaped = (inputs: Inputs) => this.shaped(inputs);
    this.#programs = new Programs(executor);
    const program = new ForwardProgram({
      executor,
      shaped,
      programs: this.#programs,
      runtime: executor.id === "kernel" ? kernelRuntime : runtimeOf(session.backend),
    });
    this.#forward = {
      session: this.#session,
      program,
      auto: new ForwardChosen({ session: this.#session, program, executor, shaped }),
    }[forward];
  }

  get options(): ModelOptions {
    return this.#options;
  }

  /** What runs it; where that is chosen by the model, known from its first run on. */
  get runtime(): Runtime {
    return this.#forward.runtime;
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
   * Shapes, canonical form and sources for inputs of these shapes; kept by shape.
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
    return this.#shapes.get(key, () =>
      shapedAt(this.graph, {
        key,
        target: this.target,
        inputs,
        settings,
        probe: (given, names) => {
          this.passes.forward++;
          return this.#session.run(given, names);
        },
      }));
  }

  /** Runs the checkpoint: its own session, or a program on the executor. @throws ID_OUT_OF_RANGE, and the runtime's RUN_FAILED */
  async forward(inputs: Inputs, fetches: readonly string[]): Promise<Map<string, Tensor>> {
    this.#backing?.check();
    checkIds(this.#vocabularies ??= vocabularies(this.graph), inputs);
    this.passes.forward++;
    const found = await this.#forward.run(inputs, fetches.filter((name) => !inputs.has(name)));
    for (const name of fetches) if (inputs.has(name)) found.set(name, inputs.get(name)!);
    await turn();
    return found;
  }

  /** Tensors the forward pass will be asked for. */
  expect(fetches: readonly string[]): void {
    this.#forward.expect(fetches);
  }

  /** A compiled program, ready to run; kept by shape and request. */
  async program(shaped: Shaped, request: Omit<CompileRequest, "shaped" | "sources" | "target">): Promise<Runnable> {
    const key = [
      shaped.key,
      request.composite.id,
      JSON.stringify(request.composite.rules),
      request.at.join(),
      request.values?.join() ?? "",
      request.seeds ?? 1,
      request.ledger ?? false,
    ].join("|");
    const place = await this.#forward.place(shaped);
    return await this.#programs.get(key, () => {
      this.#backing?.check();
      const program = compile({
        ...request,
        shaped,
        sources: shaped.sources.flatMap(({ tensors }) => tensors),
        target: shaped.target,
      });
      this.#forward.expect(program.taps);
      return program;
    }, place);
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

  /**
   * The model behind its embeddings, for paths between inputs: `tensors` are given and everything after them is computed.
   *
   * @returns a twin whose runs give `fetches`, and all that was given
   */
  async behindEmbeddings(
    { shaped, inputs, tensors, fetches }: {
      shaped: Shaped;
      inputs: Inputs;
      tensors: readonly string[];
      fetches: readonly string[];
    },
  ): Promise<Twin> {
    const wanted = [...new Set(fetches)].filter((name) => !tensors.includes(name) && !inputs.has(name)),
      twin = await this.#forward.behind(shaped, tensors, wanted);
    return {
      run: async (points) => {
        this.passes.forward++;
        return new Map([...await twin.run(new Map([...inputs, ...points])), ...inputs, ...points]);
      },
      release: () => twin.release(),
    };
  }

  async release(): Promise<void> {
    await this.#session.release();
    this.#backing?.close();
    await this.#programs.release();
  }
}

/** Merged decoders choose a branch by this input; without a cache it is false. */
const CLOSED_BRANCH: ReadonlyMap<string, Tensor> = new Map([["use_cache_branch", filled("bool", [1], 0)]]);
