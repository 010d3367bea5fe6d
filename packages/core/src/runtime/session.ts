/**
 * A model in ONNX Runtime: the forward pass, and the relevance programs of the executor `ort`.
 *
 * @module
 */
import type * as Ort from "onnxruntime-web";
import { failure } from "../errors.ts";
import type { Data, DType, Tensor } from "../graph/tensor.ts";

/** Where ONNX Runtime computes: WebAssembly, WebGPU, or the optional native library. */
export type Backend = "wasm" | "webgpu" | "native";

export interface SessionOptions {
  readonly backend: Backend;
  /** Worker threads of the wasm build; 1 where shared memory is missing. */
  readonly threads?: number;
  /** ONNX Runtime's graph optimisation level. */
  readonly level?: "disabled" | "basic" | "extended" | "all";
  /** Files the model's tensors lie in, under the names the model gives them. */
  readonly externalData?: readonly { readonly path: string; readonly data: Uint8Array }[];
  /** Dequantise weights once, when the model is loaded, instead of in every run. Not for files that round activations by Q/DQ. */
  readonly foldWeights?: boolean;
}

/** A loaded model. */
export interface Session {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** @returns the tensors named by `fetches`, all outputs by default */
  run(feeds: ReadonlyMap<string, Tensor>, fetches?: readonly string[]): Promise<Map<string, Tensor>>;
  release(): Promise<void>;
}

/** The part of the runtime's three packages that is used here. */
export type Api = Pick<typeof Ort, "InferenceSession" | "Tensor" | "env">;

const loaded = new Map<Backend, Promise<Api>>();

/** The runtime's package for a backend; one instance each. @throws BACKEND_MISSING with what to do */
export function api(backend: Backend): Promise<Api> {
  const before = loaded.get(backend);
  if (before) return before;
  const load = async (): Promise<Api> => {
    try {
      if (backend === "webgpu") return await import("onnxruntime-web/webgpu") as unknown as Api;
      if (backend === "native") return await import(/* @vite-ignore */ nativePackage) as Api;
      return await import("onnxruntime-web");
    } catch (cause) {
      throw failure({
        code: "BACKEND_MISSING",
        message: `Cannot load the backend "${backend}"`,
        hint: backend === "native" ? "npm install onnxruntime-node" : "Use the backend wasm",
        cause,
      });
    }
  };
  const loading = load();
  loaded.set(backend, loading);
  return loading;
}
/** Named apart so that bundlers for the browser leave it alone. */
const nativePackage = "onnxruntime-node";

/**
 * Loads a model.
 *
 * @param model the file's bytes; copied by the runtime
 * @throws MODEL_REFUSED with the runtime's own reason
 */
export async function openSession(model: Uint8Array, options: SessionOptions): Promise<Session> {
  const ort = await api(options.backend);
  if (options.backend === "wasm" && options.threads !== undefined) ort.env.wasm.numThreads = options.threads;
  const settings: Ort.InferenceSession.SessionOptions = {
    executionProviders: options.backend === "native" ? ["cpu"] : [options.backend],
    graphOptimizationLevel: options.level ?? "all",
    logSeverityLevel: 3,
    extra: {
      session: {
        ...(options.foldWeights ? { disable_quant_qdq: "1" } : {}),
        // Its threads would wait for the next run on the cores that the backward pass is computed on.
        ...(options.backend === "native" ? { force_spinning_stop: "1" } : {}),
      },
    },
    ...(options.backend === "native" && options.threads !== undefined ? { intraOpNumThreads: options.threads } : {}),
    ...(options.externalData ? { externalData: [...options.externalData] } : {}),
  };
  const create = () => ort.InferenceSession.create(model, settings);
  const session = await (options.backend === "webgpu" ? afterOthers(create) : create()).catch((cause: unknown) => {
    throw failure({
      code: "MODEL_REFUSED",
      message: `ONNX Runtime refused the model: ${reason(cause)}`,
      hint: "hyaline inspect shows what the file holds",
      cause,
    });
  });
  return {
    inputs: session.inputNames,
    outputs: session.outputNames,
    async run(feeds, fetches = session.outputNames) {
      const given: Record<string, Ort.Tensor> = {};
      for (const [name, tensor] of feeds) given[name] = toRuntime(ort, tensor);
      const found = await session.run(given, [...fetches]).catch((cause: unknown) => {
        throw failure({
          code: "RUN_FAILED",
          message: `The model could not be run: ${reason(cause)}`,
          hint: "Check the inputs against hyaline inspect",
          cause,
        });
      });
      const results = new Map<string, Tensor>();
      for (const name of fetches) results.set(name, await fromRuntime(found[name]!));
      return results;
    },
    release: () => session.release(),
  };
}

let opening: Promise<unknown> = Promise.resolve();
/** On WebGPU ONNX Runtime refuses to make a session while it makes another. */
function afterOthers<T>(create: () => Promise<T>): Promise<T> {
  const made = opening.then(create);
  opening = made.catch(() => {});
  return made;
}

const reason = (cause: unknown): string =>
  (cause instanceof Error ? cause.message : String(cause)).split("\n")[0]!.slice(0, 300);

/** ONNX Runtime's tensor; halves travel as their bits. */
function toRuntime(ort: Api, { dtype, dims, data }: Tensor): Ort.Tensor {
  return new ort.Tensor(dtype as Ort.Tensor.Type, data as Ort.Tensor.DataType, dims);
}

async function fromRuntime(tensor: Ort.Tensor): Promise<Tensor> {
  const data = await tensor.getData() as Data | { buffer: ArrayBuffer; byteOffset: number; length: number };
  const plain = tensor.type === "float16" && !(data instanceof Uint16Array) && !Array.isArray(data)
    ? new Uint16Array(
      (data as { buffer: ArrayBuffer }).buffer,
      (data as { byteOffset: number }).byteOffset,
      data.length,
    )
    : data as Data;
  const result: Tensor = { dtype: tensor.type as DType, dims: [...tensor.dims], data: plain };
  tensor.dispose();
  return result;
}
