/**
 * The one door: a request goes in, explanations come out. CLI, API and UI call nothing else.
 *
 * @module
 */
import { failure } from "../errors.ts";
import { numbers, type Tensor } from "../graph/tensor.ts";
import type { Evidence } from "../plugin/evidence.ts";
import { needOf, resolveNeed } from "../plugin/need.ts";
import { type Answer, type ExplainRequest, type ExplainRequestInput, type Explanation, parseRequest, type Result, validate } from "../result/mod.ts";
import { deletionCheck, ledgerCheck, withAgreement } from "./checks.ts";
import { gather, type Gathered } from "./evidence.ts";
import { plain } from "./inputs.ts";
import { integrate } from "./path.ts";
import { BlackBox } from "./predict.ts";
import { read, type Reading } from "./reading.ts";
import { type InstalledPlugin, type Method, Registry } from "./registry.ts";
import type { Subject } from "./subject.ts";
import { resolveTarget } from "./target.ts";

/** Version of @hyaline/core, written into every result. */
export const VERSION = "0.1.0";

export interface HyalineOptions {
  readonly plugins: readonly InstalledPlugin[];
  /** Opens a checkpoint by the name people give; the host keeps what it returns. */
  open(model: string, choice: { dtype?: string; executor: ExplainRequest["executor"] }): Promise<Subject>;
  /** What runs the model, for the record. */
  readonly runtime: { readonly name: string; readonly provider: string };
}

export interface ExplainContext {
  readonly signal?: AbortSignal;
  /** Called as long work goes on. */
  progress?(stage: string, done: number, of: number): void;
  /** Called with each explanation as soon as it is there. */
  partial?(explanation: Explanation): void;
}

export class Hyaline {
  readonly registry: Registry;
  readonly #options: HyalineOptions;

  constructor(options: HyalineOptions) {
    this.#options = options;
    this.registry = new Registry(options.plugins);
  }

  /**
   * Explains one input by every method asked for, on one forward pass.
   *
   * @param input what people write; checked here
   * @returns one explanation per method, in the order asked
   * @throws INVALID_REQUEST, UNKNOWN_METHOD, UNKNOWN_CLASS, MISSING_RULES and whatever opening the model throws
   */
  async explain(input: ExplainRequestInput, context: ExplainContext = {}): Promise<Explanation[]> {
    const clock = stopwatch(), request = parseRequest(input), signal = context.signal ?? new AbortController().signal;
    const methods = request.methods.map((method) => this.registry.method(method));
    const subject = await this.#options.open(request.model, { executor: request.executor, ...(request.dtype ? { dtype: request.dtype } : {}) });
    clock.lap("load");
    signal.throwIfAborted();
    const reading = read(subject, request);
    clock.lap("tokenise");

    const { model } = subject, before = { ...model.passes }, needs = methods.map(({ entry, options }) => entry.needs.map((need) => resolveNeed(need, options)));
    const shaped = await model.shaped(reading.inputs);
    const gathered = await gather({
      model, shaped, inputs: reading.inputs, needs: needs.flat(), composites: this.registry.composites,
      target: (logits) => resolveTarget(request.target, { logits, names: reading.names, ...(reading.span ? { span: reading.span } : {}) }),
    });
    clock.lap("evidence");
    signal.throwIfAborted();

    const tokens = reading.tokensFor(gathered.sources), words = reading.wordsOf(tokens);
    const stand = { pad: 0, ...subject.words?.stand }; // id 0 is padding by custom, where no tokenizer says
    const editable = gathered.sources.find(({ input, positions }) => numbers(reading.inputs.get(input)!).length === positions);
    const blackBox = editable && gathered.resolved.target.kind !== "span" && new BlackBox({ model, inputs: reading.inputs, input: editable.input, before: editable.before, target: gathered.resolved.target, stand });
    const explanations: Explanation[] = [];
    for (const [i, method] of methods.entries()) {
      if (signal.aborted && explanations.length > 0) break; // what is there is an answer
      const { entry, plugin, options } = method, own = needs[i]!;
      const progress = (done: number, of: number): void => context.progress?.(entry.id, done, of);
      const path = needOf(own, "path");
      const evidence: Evidence = {
        ...gathered.pick(own),
        tokens, words, target: gathered.resolved.target,
        ...(path ? { path: await integrate({ model, shaped, inputs: reading.inputs, gathered, steps: path.steps as number, baseline: path.baseline as "pad", stand, special: tokens.map(({ special }) => special), signal, progress }) } : {}),
      };
      const budget = needOf(own, "predict");
      if (budget && !blackBox) throw failure({ code: "UNSUPPORTED", message: `"${entry.id}" changes tokens, and this input has none`, hint: "Use lrp, gradients or grad-cam" });
      const result = await plugin.run(entry.id, evidence, options, {
        signal, seed: request.seed, progress, log: () => {},
        ...(budget && blackBox ? { predict: blackBox.within(budget.predict as number, signal) } : {}),
      });
      clock.lap(entry.id);
      const checks = [...(result.checks ?? [])];
      if (request.checks && !signal.aborted) {
        const book = ledgerCheck(result), deletion = result.type === "token-scores" && blackBox ? await deletionCheck(result, { tokens, blackBox, seed: request.seed, signal }) : undefined;
        checks.unshift(...[book, deletion].filter((check) => check !== undefined));
        clock.lap("checks");
      }
      const passes = { forward: model.passes.forward - before.forward, backward: model.passes.backward - before.backward };
      const explanation = this.#explanation({ request, subject, reading, gathered, method, result, checks, passes, timing: clock.read(), tokens, words });
      explanations.push(explanation);
      context.partial?.(explanation);
    }
    return withAgreement(explanations);
  }

  /** The model's answer alone. */
  async predict(input: ExplainRequestInput): Promise<{ predictions: readonly Answer[]; tokens: Explanation["tokens"] }> {
    const request = parseRequest(input), subject = await this.#options.open(request.model, { executor: request.executor, ...(request.dtype ? { dtype: request.dtype } : {}) });
    const reading = read(subject, request), { model } = subject;
    const logits = (await model.forward(reading.inputs, [model.target])).get(model.target)!;
    return { predictions: resolveTarget(request.target, { logits, names: reading.names }).predictions, tokens: [...reading.tokens] };
  }

  #explanation({ request, subject, reading, gathered, method: { entry, plugin, options }, result, checks, passes, timing, tokens, words }: {
    request: ExplainRequest; subject: Subject; reading: Reading; gathered: Gathered; method: Method; result: Result; checks: Explanation["diagnostics"]["checks"];
    passes: { forward: number; backward: number }; timing: Explanation["timing"]; tokens: Explanation["tokens"]; words: Explanation["words"];
  }): Explanation {
    const composite = needOf(entry.needs, "relevances") ? String(options["composite"] ?? "") : "";
    const notes = [...(result.notes ?? []), ...reading.notes, ...(entry.notice ? [entry.notice] : [])];
    const several = gathered.sources.length > 1;
    const explanation = {
      schemaVersion: 1,
      type: result.type,
      explainer: { id: plugin.manifest.id, version: plugin.manifest.version },
      model: { id: subject.id, sha256: subject.sha256, opset: subject.model.opset, dtype: subject.dtype },
      target: gathered.resolved.target,
      predictions: gathered.resolved.predictions,
      method: { id: entry.id, ...(composite ? { composite } : {}), options },
      ...(reading.text === undefined ? {} : { text: reading.text }),
      ...(several ? { sources: gathered.sources.map(({ name }) => ({ name, ...(reading.texts.get(name) === undefined ? {} : { text: reading.texts.get(name)! }) })) } : {}),
      tokens,
      ...(request.words && words ? { words } : {}),
      signed: result.signed,
      data: result.data,
      diagnostics: { ...(result.ledger ? { ledger: result.ledger } : {}), checks, passes, notes },
      inputs: Object.fromEntries([...reading.inputs].map(([name, tensor]: [string, Tensor]) => [name, plain(tensor)])),
      timing,
      provenance: { core: VERSION, runtime: this.#options.runtime.name, provider: this.#options.runtime.provider, executor: passes.backward ? subject.model.options.executor.id : "none", seed: request.seed },
    };
    return validate(explanation);
  }
}

/** Milliseconds by stage; a stage that comes twice is added up. */
function stopwatch(): { lap(stage: string): void; read(): Explanation["timing"] } {
  const start = performance.now(), stages: Record<string, number> = {};
  let last = start;
  return {
    lap(stage) {
      const now = performance.now();
      stages[stage] = (stages[stage] ?? 0) + now - last;
      last = now;
    },
    read: () => ({ total: performance.now() - start, stages: { ...stages } }),
  };
}
