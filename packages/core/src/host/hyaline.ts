/**
 * The one door: a request goes in, explanations come out. CLI, API and UI call nothing else.
 *
 * @module
 */
import { failure } from "../errors.ts";
import { numbers } from "../graph/tensor.ts";
import type { Evidence } from "../plugin/evidence.ts";
import { needOf, resolveNeed } from "../plugin/need.ts";
import {
  type Answer,
  type ExplainRequest,
  type ExplainRequestInput,
  type Explanation,
  parseRequest,
} from "../result/mod.ts";
import { deletionCheck, ledgerCheck, withAgreement } from "./checks.ts";
import { composed } from "./compose.ts";
import { gather } from "./evidence.ts";
import { integrate } from "./path.ts";
import { BlackBox } from "./predict.ts";
import { read } from "./reading.ts";
import { type InstalledPlugin, Registry } from "./registry.ts";
import type { Subject } from "./subject.ts";
import { resolveTarget } from "./target.ts";

export interface HyalineOptions {
  readonly plugins: readonly InstalledPlugin[];
  /** Opens a checkpoint by the name people give; the host keeps what it returns. */
  open(model: string, choice: { dtype?: string; executor: ExplainRequest["executor"] }): Promise<Subject>;
  /** Changed texts that black-box methods put into one call of the model; 16 unless said. */
  readonly batch?: number;
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
    const subject = await this.#options.open(request.model, {
      executor: request.executor,
      ...(request.dtype ? { dtype: request.dtype } : {}),
    });
    clock.lap("load");
    signal.throwIfAborted();
    const reading = read(subject, request);
    clock.lap("tokenise");

    const { model } = subject,
      before = { ...model.passes },
      needs = methods.map(({ entry, options }) => entry.needs.map((need) => resolveNeed(need, options)));
    const shaped = await model.shaped(reading.inputs),
      { names, span } = reading,
      each = request.target.each && span ? span.ids : undefined;
    signal.throwIfAborted();
    const gathered = await gather({
      model,
      signal,
      shaped,
      inputs: reading.inputs,
      needs: needs.flat(),
      composites: this.registry.composites,
      ...(each ? { count: each.length } : {}),
      targets: (logits) =>
        each
          ? each.map((index, i) => resolveTarget({ index, position: span!.first + i }, { logits, names }))
          : [resolveTarget(request.target, { logits, names, ...(span ? { span } : {}) })],
    });
    clock.lap("evidence");
    signal.throwIfAborted();

    const tokens = reading.tokensFor(gathered.sources), words = reading.wordsOf(tokens);
    const stand = { pad: 0, ...subject.words?.stand }; // id 0 is padding by custom, where no tokenizer says
    const editable = gathered.sources.find(({ input, positions }) =>
      numbers(reading.inputs.get(input)!).length === positions
    );
    const explanations: Explanation[] = [];
    for (const { resolved, pick } of gathered.targets) {
      const { target, seed } = resolved, own: Explanation[] = [];
      const blackBox = editable && target.kind !== "span" &&
        new BlackBox({
          model,
          inputs: reading.inputs,
          input: editable.input,
          before: editable.before,
          target,
          stand,
          ...(this.#options.batch ? { batch: this.#options.batch } : {}),
        });
      for (const [i, { entry, plugin, options }] of methods.entries()) {
        if (signal.aborted && explanations.length + own.length > 0) break; // what is there is an answer
        const asked = needs[i]!, progress = (done: number, of: number): void => context.progress?.(entry.id, done, of);
        const path = needOf(asked, "path"), budget = needOf(asked, "predict");
        const evidence: Evidence = {
          ...pick(asked),
          tokens,
          words,
          target,
          ...(path
            ? {
              path: await integrate({
                model,
                shaped,
                inputs: reading.inputs,
                gathered,
                seed,
                steps: path.steps as number,
                baseline: path.baseline as "pad",
                stand,
                special: tokens.map(({ special }) => special),
                signal,
                progress,
              }),
            }
            : {}),
        };
        if (budget && !blackBox) {
          throw failure({
            code: "UNSUPPORTED",
            message: `"${entry.id}" changes tokens, and this input has none`,
            hint: "Use lrp, gradients or grad-cam",
          });
        }
        const result = await plugin.run(entry.id, evidence, options, {
          signal,
          seed: request.seed,
          progress,
          log: () => {},
          ...(budget && blackBox ? { predict: blackBox.within(budget.predict as number, signal) } : {}),
        });
        clock.lap(entry.id);
        const checks = [...(result.checks ?? [])];
        if (request.checks && !signal.aborted) {
          const book = ledgerCheck(result),
            deletion = result.type === "token-scores" && blackBox
              ? await deletionCheck(result, { tokens, blackBox, seed: request.seed, signal })
              : undefined;
          checks.unshift(...[book, deletion].filter((check) => check !== undefined));
          clock.lap("checks");
        }
        const passes = {
          forward: model.passes.forward - before.forward,
          backward: model.passes.backward - before.backward,
        };
        const explanation = composed({
          request,
          subject,
          reading,
          sources: gathered.sources,
          resolved,
          method: { entry, plugin, options },
          result,
          checks,
          passes,
          timing: clock.read(),
          tokens,
          words,
        });
        own.push(explanation);
        context.partial?.(explanation);
      }
      explanations.push(...withAgreement(own));
    }
    return explanations;
  }

  /** The model's answer alone. */
  async predict(
    input: ExplainRequestInput,
  ): Promise<{ predictions: readonly Answer[]; tokens: Explanation["tokens"] }> {
    const request = parseRequest(input),
      subject = await this.#options.open(request.model, {
        executor: request.executor,
        ...(request.dtype ? { dtype: request.dtype } : {}),
      });
    const reading = read(subject, request), { model } = subject;
    const logits = (await model.forward(reading.inputs, [model.target])).get(model.target)!;
    return {
      predictions: resolveTarget(request.target, { logits, names: reading.names }).predictions,
      tokens: [...reading.tokens],
    };
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
