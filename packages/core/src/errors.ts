/**
 * Every message Hyaline can end with. Each function returns the failure; the caller throws it.
 * Tests match the code, people read the message and the hint; CLI, API and UI print the same ones.
 *
 * @module
 */

/** A failure with a stable code, a message for a person and what to do next. */
export class HyalineError extends Error {
  override readonly name = "HyalineError";
  readonly code: string;
  readonly hint: string | undefined;
  constructor({ code, message, hint, cause }: { code: string; message: string; hint?: string; cause?: unknown }) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.hint = hint;
  }
  /** The form the API sends and `--format json` prints. */
  toJSON(): { code: string; message: string; hint?: string } {
    return { code: this.code, message: this.message, ...(this.hint === undefined ? {} : { hint: this.hint }) };
  }
}

/** Builds a {@link HyalineError}: the one way to make one. */
export const failure = (of: { code: string; message: string; hint?: string; cause?: unknown }): HyalineError =>
  new HyalineError(of);

/** An operator in a file that some table does not know. */
export interface MissingOperator {
  readonly op: string;
  readonly domain: string;
  readonly node: string;
}

const operatorName = ({ op, domain }: MissingOperator): string => (domain ? `${domain}.${op}` : op);
const listed = (missing: readonly MissingOperator[]): string =>
  missing.map((m) => `"${operatorName(m)}" (node "${m.node}")`).join(", ");

/** A checkpoint uses operators on the way from the tokens to the target that no rule knows. Lists all of them at once. */
export const missingRules = (missing: readonly MissingOperator[]): HyalineError =>
  failure({
    code: "MISSING_RULES",
    message: `Cannot carry relevance through this model: no rule for ${listed(missing)}`,
    hint: "Explainers that only predict still work: --method occlusion. To add a rule see CONTRIBUTING.md",
  });

/** Operators whose output shape is not known ahead of a run. */
export const missingShapes = (missing: readonly MissingOperator[]): HyalineError =>
  failure({
    code: "MISSING_SHAPES",
    message: `Cannot tell the shapes of this model: no shape rule for ${listed(missing)}`,
    hint: "To add a shape rule see packages/core/src/graph/shapes",
  });

/** A rule, a composite or a program asks for something no tensor of the graph provides. */
export const unknownTensor = (name: string): HyalineError =>
  failure({
    code: "UNKNOWN_TENSOR",
    message: `Unknown tensor "${name}"`,
    hint: "hyaline inspect lists a model's tensors",
  });

/** The explained tensor does not reach the target: nothing could carry relevance back. */
export const unreachable = (from: string, to: string): HyalineError =>
  failure({
    code: "UNREACHABLE",
    message: `Output "${to}" does not depend on "${from}"`,
    hint: "Choose another output, or another input to explain",
  });

/** An impossible state inside Hyaline; the message says which belief was wrong. */
export const broken = (belief: string): HyalineError =>
  failure({
    code: "INTERNAL",
    message: `Hyaline is wrong about itself: ${belief}`,
    hint: "Please report this message",
  });

// Explainers

/** An explainer ran without something its manifest asks for: the model does not have it. */
export const missingEvidence = (what: string): HyalineError =>
  failure({
    code: "MISSING_EVIDENCE",
    message: `The model gives no ${what}, which this method needs`,
    hint: "hyaline methods lists what each method needs; occlusion only needs predictions",
  });

/** Attention from given tokens to the words of past states, which are no tokens of the explanation. */
export const pastAttention = (): HyalineError =>
  failure({
    code: "MISSING_EVIDENCE",
    message: "The model looks at past states here, and what they were made from is no token of this explanation",
    hint: "Give all ids and leave the past states out; gradients, LRP and occlusion explain the new tokens as it is",
  });

/** A layer that the model does not have. */
export const unknownLayer = (layer: number | string, known: readonly (number | string)[]): HyalineError =>
  failure({
    code: "UNKNOWN_LAYER",
    message: `Unknown layer "${layer}"`,
    hint: `Choose one of ${known.map((name) => `"${name}"`).join(", ")}`,
  });

/** A head that the layer does not have. */
export const unknownHead = (head: number | string, heads: number): HyalineError =>
  failure({
    code: "UNKNOWN_HEAD",
    message: `Unknown head "${head}"`,
    hint: `Heads are counted from 0 to ${heads - 1}, or "mean", or "all"`,
  });

/** NaN or Infinity where a number belongs: an explanation made of it would be noise. */
export const notFinite = (what: string): HyalineError =>
  failure({
    code: "NOT_FINITE",
    message: `The ${what} hold NaN or Infinity`,
    hint: "Half-precision files can overflow: try --dtype fp32",
  });

/** A budget too small for even the roughest answer. */
export const budgetTooSmall = (budget: number, least: number): HyalineError =>
  failure({
    code: "BUDGET_TOO_SMALL",
    message: `A budget of "${budget}" evaluations is too small`,
    hint: `Give at least --option budget=${least}`,
  });

// Plugins

/** Options that leave open what a method needs. */
export const unfilledNeed = (need: string, chosen: string): HyalineError =>
  failure({
    code: "INVALID_OPTIONS",
    message: `The need ${need} cannot be ${chosen}`,
    hint: "hyaline methods lists what each option takes",
  });

/** A message of a plugin that is none. */
export const badFrame = (why: string): HyalineError =>
  failure({
    code: "BAD_FRAME",
    message: `A message cannot be read: ${why}`,
    hint: "Report this to the plugin's author",
  });

/** A plugin's code threw. Its words are its own. */
export const pluginFailed = (plugin: string, words: string): HyalineError =>
  failure({
    code: "PLUGIN_FAILED",
    message: `The plugin "${plugin}" failed: ${words.slice(0, 500)}`,
    hint: "Report this to the plugin's author",
  });

/** A plugin's process ended while it should have answered. */
export const pluginCrashed = (plugin: string, how: string): HyalineError =>
  failure({
    code: "PLUGIN_CRASHED",
    message: `The plugin "${plugin}" ended without an answer: ${how.slice(0, 500)}`,
    hint: "Report this to the plugin's author; hyaline plugin remove takes it away",
  });

/** A plugin took more time, memory or output than it may. */
export const pluginLimit = (plugin: string, limit: "time" | "memory" | "output", most: string): HyalineError =>
  failure({
    code: "PLUGIN_LIMIT",
    message: `The plugin "${plugin}" was stopped: it used more ${limit} than the ${most} it may`,
    hint: "Try a shorter text; if it stays so, report it to the plugin's author",
  });

/** A plugin's answer is not what its manifest or the schema promise. */
export const pluginBroken = (plugin: string, why: string): HyalineError =>
  failure({
    code: "PLUGIN_BROKEN",
    message: `The plugin "${plugin}" does not keep its promise: ${why}`,
    hint: "Report this to the plugin's author",
  });

/** A plugin that must run in a sandbox, where there is none. */
export const sandboxMissing = (plugin: string): HyalineError =>
  failure({
    code: "SANDBOX_MISSING",
    message: `The plugin "${plugin}" needs Deno to be locked in, and no Deno is here`,
    hint: "Install Deno; or, if you trust the code like your own, add the plugin again with --trust",
  });

/** A file of an installed plugin that is not what was installed. */
export const pluginChanged = (plugin: string, file: string, how: "changed" | "missing" | "new"): HyalineError =>
  failure({
    code: "PLUGIN_CHANGED",
    message: `The plugin "${plugin}" does not run: its file "${file}" is ${
      how === "changed" ? "not the one that was installed" : how === "missing" ? "gone" : "new since it was installed"
    }`,
    hint: `hyaline plugin update ${plugin} installs it again, after you have looked at it`,
  });

/** A manifest that is missing, no JSON, or says what cannot be. */
export const pluginManifest = (where: string, problems: readonly string[]): HyalineError =>
  failure({
    code: "PLUGIN_MANIFEST",
    message: `"${where}" is no plugin: ${problems.join("; ")}`,
    hint: "The form is described by schemas/explainer.v1.schema.json; hyaline plugin new writes one that works",
  });

/** A file of a plugin that could reach outside of its folder, or is no plain file. */
export const pluginPath = (path: string, why: string): HyalineError =>
  failure({
    code: "PLUGIN_PATH",
    message: `The plugin is refused: "${path}" ${why}`,
    hint: "A plugin holds plain files below its own folder, and nothing else",
  });

/** A place that no plugin can be had from. */
export const pluginSource = (source: string, why: string, cause?: unknown): HyalineError =>
  failure({
    code: "PLUGIN_SOURCE",
    message: `No plugin can be had from "${source}": ${why}`,
    hint: "Give a folder, a .tgz, a git repository (git+https://…, ./repository.git) or the name of an npm package",
    cause,
  });

/** A plugin id that is not installed. */
export const pluginUnknown = (plugin: string, installed: readonly string[]): HyalineError =>
  failure({
    code: "PLUGIN_UNKNOWN",
    message: `There is no plugin "${plugin}"`,
    hint: installed.length ? `There are ${installed.join(", ")}` : "None is installed: hyaline plugin add",
  });

/** A file of Hyaline's own that keeps what is installed, and cannot be read. */
export const pluginStore = (path: string, why: string, cause?: unknown): HyalineError =>
  failure({
    code: "PLUGIN_STORE",
    message: `Cannot use "${path}": ${why}`,
    hint: "Move it away and add the plugins again",
    cause,
  });

// Results and requests

/** An explanation that is not one, or contradicts itself. */
export const invalidExplanation = (problems: readonly string[]): HyalineError =>
  failure({
    code: "INVALID_EXPLANATION",
    message: `Not a valid explanation: ${problems.join("; ")}`,
    hint: "The form is described by schemas/explanation.v1.schema.json",
  });

/** An explanation of a version that this code cannot read. */
export const unsupportedSchemaVersion = (version: unknown, newest: number): HyalineError =>
  failure({
    code: "UNSUPPORTED_SCHEMA_VERSION",
    message: version === undefined
      ? "The explanation has no schemaVersion"
      : `Cannot read an explanation of schema version "${version}": the newest known is "${newest}"`,
    hint: "A newer release of Hyaline may read it",
  });

/** A request with wrong, missing or unknown fields. */
export const invalidRequest = (problems: readonly string[]): HyalineError =>
  failure({
    code: "INVALID_REQUEST",
    message: `Not a valid request: ${problems.join("; ")}`,
    hint: "The form is described by schemas/explain-request.v1.schema.json",
  });

/** A node breaks its operator's contract: a missing input, shapes that do not fit, an axis outside the rank. */
export const malformedNode = ({ op, node, because }: { op: string; node: string; because: string }): HyalineError =>
  failure({
    code: "MALFORMED_NODE",
    message: `Operator "${op}" (node "${node}") cannot run: ${because}`,
    hint: "The file is damaged, or an input has a shape the model was not made for",
  });

/** An input is missing, or its type contradicts the file. */
export const wrongInput = ({ name, because }: { name: string; because: string }): HyalineError =>
  failure({
    code: "WRONG_INPUT",
    message: `Cannot feed input "${name}": ${because}`,
    hint: "hyaline inspect lists a model's inputs",
  });

/** A tensor would take more memory than is allowed: a mistake, or a file made to exhaust the machine. */
export const tensorTooLarge = ({ name, bytes, limit }: { name: string; bytes: number; limit: number }): HyalineError =>
  failure({
    code: "TENSOR_TOO_LARGE",
    message: `Tensor "${name}" would take ${bytes} bytes, more than the limit of ${limit}`,
    hint: "Shorten the text, or raise the limit",
  });

/** A model that finds no room among those that must stay open. */
export const memoryFull = (bytes: number, left: number): HyalineError =>
  failure({
    code: "MEMORY_FULL",
    message: `The model takes ${bytes} bytes and ${left} are left for models`,
    hint: "Unload another, choose a smaller precision, or raise --memory",
  });

// ── Reading ONNX files ──────────────────────────────────────────────────────────────────────────────────────────────

/** A file of no bytes. */
export const emptyFile = (): HyalineError =>
  failure({ code: "FILE_EMPTY", message: "The model file is empty", hint: "Fetch or export it again" });

/** A file that begins as an ONNX model and stops before its end. */
export const truncatedFile = (bytes: number): HyalineError =>
  failure({
    code: "FILE_TRUNCATED",
    message: `The model file stops before its end, after ${bytes} bytes`,
    hint: "The download or copy was interrupted: fetch it again",
  });

/** A file that is something else. `found` names what it looks like, if that is known. */
export const notOnnx = (found: string, hint: string): HyalineError =>
  failure({ code: "NOT_ONNX", message: `Not an ONNX model: the file looks like ${found}`, hint });

/** A model written for an operator set outside what the runtime reads. */
export const opsetUnsupported = (version: number, range: readonly [number, number]): HyalineError =>
  failure({
    code: "OPSET_UNSUPPORTED",
    message: `Operator set "${version}" is not supported: this runtime reads ${range[0]} to ${range[1]}`,
    hint: version > range[1]
      ? "Export again with a lower opset"
      : "Convert it with onnx.version_converter or export again",
  });

/** A model in a newer file format than the runtime reads. */
export const irUnsupported = (version: number, newest: number): HyalineError =>
  failure({
    code: "IR_UNSUPPORTED",
    message: `ONNX file format "${version}" is not supported: this runtime reads up to ${newest}`,
    hint: "Export again with an older onnx package, or lower ir_version",
  });

/** A model whose parts contradict each other. */
export const malformedModel = (what: string): HyalineError =>
  failure({
    code: "MODEL_MALFORMED",
    message: `The model is not valid ONNX: ${what}`,
    hint: "onnx.checker.check_model says more",
  });

/** A model beyond the limits that protect the machine it is opened on. */
export const modelTooLarge = (what: string, limit: number): HyalineError =>
  failure({
    code: "MODEL_TOO_LARGE",
    message: `The model is too large: ${what} is over the limit of ${limit}`,
    hint: "If you trust the file, raise the limit where it is opened",
  });

/** An element or value type that no part of Hyaline computes with. */
export const typeUnsupported = (type: string, where: string): HyalineError =>
  failure({
    code: "TYPE_UNSUPPORTED",
    message: `Type "${type}" of "${where}" is not supported`,
    hint: "Export in float32, float16, or an integer quantisation",
  });

/** Control flow that depends on the data: no single backward program exists for it. */
export const controlFlow = (op: string, node: string): HyalineError =>
  failure({
    code: "CONTROL_FLOW",
    message: `Cannot look inside "${op}" (node "${node}"): what it runs depends on the data`,
    hint: op === "If"
      ? "If its condition is an input of the model (use_cache_branch), give that input a fixed value"
      : "Export the model without loops; explainers that only predict still work: --method occlusion",
  });

/** External data that points outside the model's directory, or at what is not a plain file. */
export const externalPath = (location: string, why: string): HyalineError =>
  failure({
    code: "EXTERNAL_PATH",
    message: `External data "${location}" is refused: ${why}`,
    hint: "Weights must lie in plain files beside or below the model file",
  });

/** External data that is not there, or is shorter than the model says. */
export const externalMissing = (location: string, why: string): HyalineError =>
  failure({
    code: "EXTERNAL_MISSING",
    message: `External data "${location}" ${why}`,
    hint: "Fetch the .onnx_data file that belongs to this model",
  });

/** An explainer asked for more evaluations of the model than its budget allows. */
export const budgetSpent = (budget: number): HyalineError =>
  failure({
    code: "BUDGET_SPENT",
    message: `The budget of ${budget} evaluations is spent`,
    hint: "Give more with --option budget=N",
  });

// Checkpoints and tokenisers

/** A name that is neither on the disk nor a hub id. */
export const checkpointUnknown = (source: string): HyalineError =>
  failure({
    code: "CHECKPOINT_UNKNOWN",
    message: `Unknown checkpoint "${source}"`,
    hint:
      "Give a directory, an .onnx file or a hub id such as org/name or org/name@revision; hyaline models lists what is here",
  });

/** A file that a checkpoint should have. */
export const fileMissing = (checkpoint: string, path: string, present: readonly string[] | undefined): HyalineError =>
  failure({
    code: "FILE_MISSING",
    message: `Checkpoint "${checkpoint}" has no file "${path}"`,
    hint: present
      ? `It has ${present.length ? present.slice(0, 20).map((name) => `"${name}"`).join(", ") : "no files"}`
      : "Check the name, and the precision (--dtype)",
  });

/** A precision that nobody uses, or that this checkpoint does not come in. */
export const dtypeUnknown = (dtype: string, known: readonly string[], models: readonly string[]): HyalineError =>
  failure({
    code: "DTYPE_UNKNOWN",
    message: known.length ? `Unknown precision "${dtype}"` : `This checkpoint does not come in "${dtype}"`,
    hint: [
      known.length ? `Known are ${known.join(", ")}` : "",
      models.length ? `It has ${models.map((name) => `"${name}"`).join(", ")}` : "",
    ].filter(Boolean).join(". "),
  });

/** A configuration file that is not JSON, or not an object. */
export const configInvalid = (path: string, why: string): HyalineError =>
  failure({ code: "CONFIG_INVALID", message: `Cannot read "${path}": ${why}`, hint: "Fetch the file again" });

/** Something that would have to be downloaded while the network is off. */
export const offlineMiss = (checkpoint: string, path?: string): HyalineError =>
  failure({
    code: "OFFLINE_MISS",
    message: path
      ? `File "${path}" of "${checkpoint}" is not in the cache`
      : `Checkpoint "${checkpoint}" is not in the cache`,
    hint: "Run once without --offline",
  });

/** No answer from the hub. */
export const hubUnreachable = (host: string, cause: unknown): HyalineError =>
  failure({
    code: "HUB_UNREACHABLE",
    message: `Cannot reach "${host}"`,
    hint: "Check the network, or set a mirror; --offline uses what is cached",
    cause,
  });

/** A hub that wants to know who asks. */
export const hubDenied = (checkpoint: string, status: number): HyalineError =>
  failure({
    code: "HUB_DENIED",
    message: `The hub does not give out "${checkpoint}" (status ${status})`,
    hint: "It may not exist, or be private: set HF_TOKEN after accepting its terms",
  });

/** An answer that is no file. */
export const hubStatus = (url: string, status: number): HyalineError =>
  failure({
    code: "HUB_STATUS",
    message: `The hub answered ${status} for "${url}"`,
    hint: "Try again later, or set a mirror",
  });

/** A download that breaks off again and again. */
export const downloadBroken = (url: string, reached: string): HyalineError =>
  failure({
    code: "DOWNLOAD_BROKEN",
    message: `The download of "${url}" keeps breaking off (${reached})`,
    hint: "Run it again: it goes on where it stopped",
  });

/** A download whose digest is not the one that the hub listed. */
export const downloadCorrupt = (path: string, expected: string, found: string): HyalineError =>
  failure({
    code: "DOWNLOAD_CORRUPT",
    message: `File "${path}" arrived damaged: sha256 "${found}" instead of "${expected}"`,
    hint: "Run it again; if it stays so, the mirror holds another file",
  });

/** A tokenizer file that no tokenizer can be made from. */
export const tokenizerInvalid = (why: string, cause?: unknown): HyalineError =>
  failure({
    code: "TOKENIZER_INVALID",
    message: `Cannot use this tokenizer: ${why}`,
    hint: "Token ids can be given instead: --input-ids",
    cause,
  });

/** A checkpoint without a tokenizer. */
export const tokenizerMissing = (checkpoint: string, why = "it holds no tokenizer.json"): HyalineError =>
  failure({
    code: "MISSING_TOKENIZER",
    message: `Checkpoint "${checkpoint}" cannot read text: ${why}`,
    hint: "Give token ids instead (--input-ids), or add the tokenizer.json of the original model",
  });

/** A text with more tokens than the model takes. */
export const textTooLong = (tokens: number, limit: number): HyalineError =>
  failure({
    code: "TEXT_TOO_LONG",
    message: `The text has ${tokens} tokens, more than the limit of ${limit}`,
    hint: "Shorten it, or cut it with --truncate",
  });

// The kernel

/** A program needs more memory than this engine gives a WebAssembly module. */
export const kernelMemory = (bytes: number, cause: unknown): HyalineError =>
  failure({
    code: "KERNEL_MEMORY",
    message: `The kernel cannot get "${Math.ceil(bytes / 1e6)}" MB of memory`,
    hint: "Shorten the text, choose a quantised file, or use --executor onnxruntime",
    cause,
  });

/** The kernel was built from other sources than the code around it expects: its functions may take other arguments. */
export const kernelStale = (): HyalineError =>
  failure({
    code: "KERNEL_STALE",
    message: "The WASM kernel was built from other sources than these",
    hint: "Build it again with deno task setup, or use --executor onnxruntime",
  });

/** The kernel was not built, or the engine has no SIMD. */
export const kernelMissing = (cause: unknown): HyalineError =>
  failure({
    code: "KERNEL_MISSING",
    message: "The WASM kernel cannot be loaded",
    hint: "Build it with deno task setup, or use --executor onnxruntime",
    cause,
  });
