/**
 * The model as a black box: the target's value on changed inputs. Ids are edited in place, never decoded and tokenised again.
 *
 * @module
 */
import { budgetSpent, failure } from "../errors.ts";
import { numbers, type Tensor } from "../graph/tensor.ts";
import type { Context, Edit, Replacement } from "../plugin/evidence.ts";
import type { Target } from "../result/mod.ts";
import { completeInputs, type Inputs, typed } from "./inputs.ts";
import type { Model } from "./model.ts";
import { evaluate } from "./target.ts";
import { turn } from "./turn.ts";

/** Ids that stand for a token taken away; absent where the vocabulary has none. */
export interface Stand {
  readonly mask?: number;
  readonly pad?: number;
  readonly unknown?: number;
}

export interface BlackBoxRequest {
  readonly model: Model;
  readonly inputs: Inputs;
  /** The input whose ids are edited. */
  readonly input: string;
  /** Tokens of other sources that stand before this input's. */
  readonly before?: number;
  readonly target: Target;
  readonly stand: Stand;
  readonly batch?: number;
}

type Evaluation = { readonly value: number; readonly probability?: number };

/** An evaluation somebody waits for. */
interface Waiting {
  readonly ids: readonly number[];
  resolve(found: Evaluation): void;
  reject(error: unknown): void;
}

/** Operators whose result depends on the other rows of a batch: their scale is taken over all of it. */
const MIXES_ROWS = new Set(["DynamicQuantizeLinear", "DynamicQuantizeMatMul", "DynamicQuantizeLSTM"]);

/** Evaluations, batched by length and cached: the same input is run once, whoever asks. */
export class BlackBox {
  readonly #request: BlackBoxRequest;
  readonly #ids: readonly number[];
  readonly #cache = new Map<string, Promise<Evaluation>>();
  readonly #batch: number;
  #waiting: Waiting[] = [];
  #working = false;

  constructor(request: BlackBoxRequest) {
    const { model, inputs, input } = request, ids = inputs.get(input)!;
    this.#request = request;
    this.#ids = numbers(ids);
    const mixes = model.graph.nodes.some(({ op }) => MIXES_ROWS.has(op)),
      fixed = model.graph.inputs.some(({ name, dims: [rows] }) => inputs.has(name) && typeof rows === "number");
    this.#batch = mixes || fixed ? 1 : request.batch ?? 16;
  }

  /** Distinct inputs run so far. */
  get evaluations(): number {
    return this.#cache.size;
  }

  /** Whether a token, counted over all sources, belongs to the input that is edited. */
  covers(token: number): boolean {
    const { before = 0 } = this.#request;
    return token >= before && token < before + this.#ids.length;
  }

  /** The ids an edit means; `keep` speaks of the tokens of all sources. @throws UNSUPPORTED where the vocabulary lacks the replacement */
  idsOf(edit: Edit): number[] {
    if ("ids" in edit) return [...edit.ids];
    const { keep, replacement } = edit;
    const before = this.#request.before ?? 0, stays = (_: number, i: number): boolean => keep[before + i]!;
    if (keep.length < before + this.#ids.length) {
      throw failure({
        code: "WRONG_INPUT",
        message: `An edit speaks of ${keep.length} tokens, the text has ${before + this.#ids.length}`,
      });
    }
    if (replacement === "delete") return this.#ids.filter(stays);
    const stand = this.#standFor(replacement);
    return stand === undefined ? this.#ids.filter(stays) : this.#ids.map((id, i) => (stays(id, i) ? id : stand));
  }

  /** Values of the target, in the order of the edits. Calls made at once share their batches. */
  async values(edits: readonly Edit[], signal?: AbortSignal): Promise<Evaluation[]> {
    const found = edits.map((edit) => this.#evaluation(this.idsOf(edit)));
    void this.#work(signal);
    return await Promise.all(found);
  }

  #evaluation(ids: number[]): Promise<Evaluation> {
    const key = ids.join(), before = this.#cache.get(key);
    if (before) return before;
    const { promise, resolve, reject } = Promise.withResolvers<Evaluation>();
    this.#cache.set(key, promise);
    promise.catch(() => this.#cache.delete(key)); // to be tried again
    this.#waiting.push({ ids, resolve, reject });
    return promise;
  }

  /** Runs what waits, those of one length together, until nothing does. */
  async #work(signal: AbortSignal | undefined): Promise<void> {
    if (this.#working) return;
    this.#working = true;
    await Promise.resolve(); // for who asks in the same breath
    while (this.#waiting.length) {
      await turn();
      const [{ ids: { length } }] = this.#waiting as [Waiting];
      const part = signal?.aborted
        ? this.#waiting
        : this.#waiting.filter(({ ids }) => ids.length === length).slice(0, this.#batch);
      this.#waiting = this.#waiting.filter((one) => !part.includes(one));
      try {
        signal?.throwIfAborted();
        const found = await this.#run(part.map(({ ids }) => ids));
        part.forEach(({ resolve }, i) => resolve(found[i]!));
      } catch (error) {
        for (const { reject } of part) reject(error);
      }
    }
    this.#working = false;
  }

  /** `context.predict` for one explainer, with its own budget. Inputs others asked for already are free. */
  within(budget: number, signal: AbortSignal): NonNullable<Context["predict"]> {
    const seen = new Set<string>();
    return async (edits) => {
      const keys = edits.map((edit) => this.idsOf(edit).join());
      const more = new Set(keys.filter((key) => !seen.has(key)));
      if (seen.size + more.size > budget) throw budgetSpent(budget);
      more.forEach((key) => seen.add(key));
      const found = await this.values(edits, signal), values = Float32Array.from(found, ({ value }) => value);
      return {
        values,
        ...(found.every(({ probability }) => probability !== undefined)
          ? { probabilities: Float32Array.from(found, ({ probability }) => probability!) }
          : {}),
      };
    };
  }

  #standFor(replacement: Replacement | undefined): number | undefined {
    const { mask, pad, unknown } = this.#request.stand;
    if (replacement === "pad") return pad ?? mask ?? unknown;
    return mask ?? unknown ?? pad;
  }

  async #run(lists: readonly (readonly number[])[]): Promise<Evaluation[]> {
    const { model, inputs, input, target } = this.#request, length = lists[0]!.length;
    if (length === 0) {
      throw failure({ code: "WRONG_INPUT", message: "An edit left no token", hint: "Keep at least one token" });
    }
    const ids = typed(inputs.get(input)!.dtype, [lists.length, length], lists.flat()),
      same = length === this.#ids.length;
    // What else the model reads stays, a copy a row; what is as long as the ids is filled in anew where their number changes.
    const others = [...inputs].filter(([name]) => same || !/^(attention_mask|token_type_ids|position_ids)$/.test(name));
    const given = new Map(others.map(([name, tensor]) => [name, repeated(tensor, lists.length)] as const));
    const logits = (await model.forward(completeInputs(model.graph, given.set(input, ids)), [model.target])).get(
      model.target,
    )!;
    const shift = length - this.#ids.length;
    const moved = target.position === undefined || shift === 0
      ? target
      : { ...target, position: Math.max(0, target.position + shift) };
    return lists.map((_, row) => evaluate(logits, moved, row));
  }
}

/** A tensor of one row, once for each row of a batch. */
function repeated(tensor: Tensor, times: number): Tensor {
  const { dims, data } = tensor;
  if (times === 1 || dims[0] !== 1 || Array.isArray(data)) return tensor;
  const all = new (data.constructor as new (length: number) => Exclude<typeof data, string[]>)(data.length * times);
  for (let row = 0; row < times; row++) all.set(data as never, row * data.length);
  return { ...tensor, dims: [times, ...dims.slice(1)], data: all };
}
