/**
 * What commands ask of the core. It is loaded when a command first needs it, so that `--help` costs nothing.
 *
 * @module
 */
import type { InstalledPlugin } from "@hyaline/core";
import type { Engine } from "@hyaline/server";

export type { Engine, Progress } from "@hyaline/server";

export interface EngineOptions {
  /** Never touch the network. */
  readonly offline: boolean;
  /** One short text on a small model: it is answered before further threads would have started. */
  readonly brief?: boolean;
  /**
   * What runs the model: the kernel where it has every operator and else ONNX Runtime in wasm, unless said; ONNX Runtime in wasm, or its
   * native library where onnxruntime-node is installed; the kernel, which hands the operators it lacks to ONNX Runtime.
   */
  readonly backend?: "auto" | "wasm" | "native" | "kernel" | undefined;
  /** Threads of one run; as many as there are processors, up to four, unless said. */
  readonly threads?: number | undefined;
  /** Bytes of models' files that may be open at once. */
  readonly memory?: number;
  /** Where further models lie, by name; these names hide all others. */
  readonly places?: Readonly<Record<string, string>>;
  /** A plugin to have beside the installed ones, in place of the one of its id. */
  readonly guest?: InstalledPlugin;
  /** Bytes of a download as they arrive. */
  downloading?(file: string, done: number, of: number): void;
}

export type OpenEngine = (options: EngineOptions) => Promise<Engine>;
