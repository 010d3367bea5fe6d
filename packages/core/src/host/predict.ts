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
  readonly target: Target;
  readonly stand: Stand;
  readonly batch?: number;
}

type Evaluation = { readonly value: number; readonly probability?: number };

/** Operators whose result depends on the other rows of a batch: their scale is taken over all of it. */
const MIXES_ROWS = new Set(["DynamicQuantizeLinear", "DynamicQuantizeMatMul", "DynamicQuantizeLSTM"]);

/** Evaluations, batched by length and cached: the same input is run once, whoever asks. */
export class BlackBox {
  readonly #request: BlackBoxRequest;
  readonly #ids: readonly number[];
  readonly #cache = new Map<string, Promise<Evaluation>>();
  readonly #batch: number;

  constructor(request: BlackBoxRequest) {
    const { model, inputs, input } = request, ids = inputs.get(input)!;
    this.#request = request;
    this.#ids = numbers(ids);
    const mixes = model.graph.nodes.some(({ op }) => MIXES_ROWS.has(op)), own = model.graph.inputs.find(({ name }) => name === input);
    this.#batch = mixes || typeof own?.dims[0] === "number" || inputs.size > 4 ? 1 : request.batch ?? 16;
  }

  /** Distinct inputs run so far. */
  get evaluations(): number {
    return this.#cache.size;
  }

  /** The ids an edit means. @throws UNSUPPORTED where the vocabulary lacks the replacement */
  idsOf(edit: Edit): number[] {
    if ("ids" in edit) return [...edit.ids];
    const { keep, replacement } = edit;
    if (keep.length !== this.#ids.length) throw failure({ code: "WRONG_INPUT", message: `An edit speaks of ${keep.length} tokens, the text has ${this.#ids.length}` });
    if (replacement === "delete") return this.#ids.filter((_, i) => keep[i]);
    const stand = this.#standFor(replacement);
    return stand === undefined ? this.#ids.filter((_, i) => keep[i]) : this.#ids.map((id, i) => (keep[i] ? id : stand));
  }

  /** Values of the target, in the order of the edits. */
  async values(edits: readonly Edit[], signal?: AbortSignal): Promise<Evaluation[]> {
    const lists = edits.map((edit) => this.idsOf(edit)), fresh = new Map<string, number[]>();
    for (const ids of lists) if (!this.#cache.has(ids.join())) fresh.set(ids.join(), ids);
    const byLength = new Map<number, number[][]>();
    for (const ids of fresh.values()) byLength.set(ids.length, [...(byLength.get(ids.length) ?? []), ids]);
    for (const group of byLength.values()) {
      for (let from = 0; from < group.length; from += this.#batch) {
        signal?.throwIfAborted();
        const part = group.slice(from, from + this.#batch), found = await this.#run(part);
        part.forEach((ids, i) => this.#cache.set(ids.join(), Promise.resolve(found[i]!)));
      }
    }
    return await Promise.all(lists.map((ids) => this.#cache.get(ids.join())!));
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
      return { values, ...(found.every(({ probability }) => probability !== undefined) ? { probabilities: Float32Array.from(found, ({ probability }) => probability!) } : {}) };
    };
  }

  #standFor(replacement: Replacement | undefined): number | undefined {
    const { mask, pad, unknown } = this.#request.stand;
    if (replacement === "pad") return pad ?? mask ?? unknown;
    return mask ?? unknown ?? pad;
  }

  async #run(lists: readonly number[][]): Promise<Evaluation[]> {
    const { model, inputs, input, target } = this.#request, length = lists[0]!.length;
    if (length === 0) throw failure({ code: "WRONG_INPUT", message: "An edit left no token", hint: "Keep at least one token" });
    const ids = typed(inputs.get(input)!.dtype, [lists.length, length], lists.flat());
    const same = length === this.#ids.length && lists.length === 1;
    const given = new Map<string, Tensor>(same ? inputs : [...inputs].filter(([name]) => name !== "attention_mask" && name !== "token_type_ids" && name !== "position_ids" && !name.startsWith("past_")));
    const logits = (await model.forward(completeInputs(model.graph, given.set(input, ids)), [model.target])).get(model.target)!;
    const shift = length - this.#ids.length;
    const moved = target.position === undefined || shift === 0 ? target : { ...target, position: Math.max(0, target.position + shift) };
    return lists.map((_, row) => evaluate(logits, moved, row));
  }
}
