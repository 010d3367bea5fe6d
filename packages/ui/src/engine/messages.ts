/**
 * What a tab and its worker say to each other. Every call has a number; answers carry it.
 *
 * @module
 */
import type { Inspection } from "@hyaline/core";
import type { HyalineError } from "@hyaline/core/errors";
import type { ExplainRequestInput, Explanation } from "@hyaline/core/result";
import type { ChosenFile, MethodInfo, OfferedModel, PluginInfo, Predicted } from "./engine.ts";
import type { Weight } from "./estimate.ts";

/** What can be asked of the worker. */
export interface Calls {
  models(): readonly OfferedModel[];
  methods(): readonly MethodInfo[];
  explain(request: ExplainRequestInput): Explanation[];
  predict(request: ExplainRequestInput): Predicted;
  inspect(asked: { readonly model: string; readonly length: number }): Inspection;
  weigh(model: string): Weight;
  seconds(weights: number): number;
  mask(model: string): string | undefined;
  judge(folder: Folder): PluginInfo;
  install(folder: Folder & { readonly sha256: string }): PluginInfo;
  plugins(): readonly PluginInfo[];
  remove(id: string): void;
  keep(folder: Folder): string;
}

/** What a person chose or dropped: a folder's files, or one archive. */
export interface Folder {
  readonly name: string;
  readonly files: readonly ChosenFile[];
}

export type CallName = keyof Calls;

/** What the worker cannot see of its page. */
export interface Surroundings {
  /** The page's own address: models lie below it. */
  readonly base: string;
  /** Where hub ids are looked up. */
  readonly hub: string;
  readonly backend: "wasm" | "webgpu";
}

/** To the worker. */
export type Ask =
  | { readonly id: number; readonly call: CallName; readonly input: unknown; readonly around: Surroundings }
  | { readonly id: number; readonly call: "forget" }
  | { readonly call: "ended"; readonly frame: number; readonly how: string };

/** From the worker. */
export type Tell =
  | {
    readonly id: number;
    readonly event: "progress";
    readonly of: readonly [method: string, done: number, of: number];
  }
  | { readonly id: number; readonly event: "loading"; readonly of: readonly [file: string, done: number, of: number] }
  | { readonly id: number; readonly event: "partial"; readonly of: Explanation }
  | { readonly id: number; readonly event: "done"; readonly of: unknown }
  | { readonly id: number; readonly event: "failed"; readonly of: ReturnType<HyalineError["toJSON"]> }
  | { readonly event: "frame"; readonly frame: number; readonly plugin: string; readonly module: string }
  | { readonly event: "cut"; readonly frame: number };
