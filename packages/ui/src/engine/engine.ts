/**
 * What the page asks, wherever it is computed: in a worker of this tab, or by a server.
 *
 * @module
 */
import type { HyalineError } from "@hyaline/core/errors";
import type { Inspection } from "@hyaline/core";
import type { ExplainerEntry } from "@hyaline/core/manifest";
import type { Answer, ExplainRequestInput, Explanation, Token } from "@hyaline/core/result";
import type { Weight } from "./estimate.ts";

/** A method as its manifest describes it, and the id of the plugin it comes from. */
export type MethodInfo = Omit<ExplainerEntry, "needs"> & {
  readonly plugin: string;
};

/** A model by the name requests use. */
export interface OfferedModel {
  readonly name: string;
  /** Of all its files. */
  readonly bytes: number;
}

/** One file of a folder that a person chose, by its path inside the folder. */
export interface ChosenFile {
  readonly path: string;
  readonly file: File;
}

/** A plugin as its files tell it: what a person sees before it is added, and after. */
export interface PluginInfo {
  readonly id: string;
  readonly version: string;
  readonly title: string;
  readonly license: string;
  /** The folder or archive it came in. */
  readonly from: string;
  /** One digest for all its files. */
  readonly sha256: string;
  readonly files: number;
  readonly methods: readonly Pick<MethodInfo, "id" | "title" | "titles">[];
  readonly composites: readonly string[];
  /** Kinds of evidence it is given: "tokens", "gradients", "predict". */
  readonly needs: readonly string[];
  /** Hosts and files it asks for: a browser gives none of them. */
  readonly asks: readonly string[];
  /** Why it does not run. */
  readonly problem?: string;
}

/** What happens while an answer is on its way. */
export interface Work {
  /** Nobody waits for this answer any more; what is loaded stays. */
  readonly signal?: AbortSignal;
  /** Passes done by a method. */
  progress?(method: string, done: number, of: number): void;
  /** Bytes of a file that is being loaded. */
  loading?(file: string, done: number, of: number): void;
  /** Each explanation as soon as it is there. */
  partial?(explanation: Explanation): void;
}

export interface Predicted {
  readonly predictions: readonly Answer[];
  readonly tokens: readonly Token[];
}

export interface Engine {
  readonly place: "tab" | "server";
  models(): Promise<readonly OfferedModel[]>;
  methods(): Promise<readonly MethodInfo[]>;
  /** One explanation a method, in the order asked. @throws Refused; the signal's reason */
  explain(request: ExplainRequestInput, work?: Work): Promise<Explanation[]>;
  /** The model's answer alone. @throws Refused; the signal's reason */
  predict(request: ExplainRequestInput, work?: Work): Promise<Predicted>;
  /** What a model is made of; absent where the engine does not tell, as are those below. */
  inspect?(model: string, length: number, work?: Work): Promise<Inspection>;
  /** What a model will take, before it is loaded. */
  weigh?(model: string): Promise<Weight>;
  /** Seconds that an explanation by a model of so many weights will take, about. */
  seconds?(weights: number): Promise<number>;
  /** The text that stands for a word taken away, where the model's vocabulary has one. */
  mask?(model: string): Promise<string | undefined>;
  /** What a plugin in a folder or an archive is; nothing of it runs. */
  judge?(from: string, files: readonly ChosenFile[]): Promise<PluginInfo>;
  /** Adds a plugin whose files are still those of this digest, and keeps it; its code is locked in a frame. */
  install?(from: string, files: readonly ChosenFile[], sha256: string): Promise<PluginInfo>;
  /** Plugins that were added, on this visit or an earlier one. */
  plugins?(): Promise<readonly PluginInfo[]>;
  remove?(id: string): Promise<void>;
  /** Makes a folder a model. @returns the name to ask for */
  keep?(folder: string, files: readonly ChosenFile[]): Promise<string>;
  /** Gives up everything under way, at once. */
  cancel(): void;
}

/** A failure as the core words it. */
export class Refused extends Error {
  override readonly name = "Refused";
  readonly code: string;
  readonly hint: string | undefined;
  constructor({ code, message, hint }: ReturnType<HyalineError["toJSON"]>) {
    super(message);
    this.code = code;
    this.hint = hint;
  }
}
