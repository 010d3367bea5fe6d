/**
 * The explained number: which logit (or difference, or sum of log-probabilities), its seed, and what the model answers.
 *
 * @module
 */
import { failure } from "../errors.ts";
import { numbers, type Tensor } from "../graph/tensor.ts";
import type { Answer, Target, TargetRequest } from "../result/mod.ts";

/** Names of what a model answers. */
export interface Names {
  /** Class or token of an index. */
  labelOf(index: number): string | undefined;
  /** Index of a class by name, or of a token by its text. */
  indexOf(label: string): number | undefined;
  /** Known classes, for messages; empty for a vocabulary. */
  readonly classes: readonly string[];
}

export interface ResolvedTarget {
  readonly target: Target;
  /** The cotangent of the logits: `value = Σ seed ⊙ logits` but for spans, whose log-probabilities are linearised. */
  readonly seed: Tensor;
  readonly predictions: readonly Answer[];
}

/** Logits `[1, C]` or `[1, T, C]` as rows. */
interface Rows {
  readonly count: number;
  readonly width: number;
  readonly positions: boolean;
  at(position: number): number[];
}

function rowsOf(logits: Tensor): Rows {
  const values = numbers(logits), width = logits.dims.at(-1) ?? 1, count = Math.max(1, values.length / width);
  return {
    count,
    width,
    positions: logits.dims.length > 2,
    at: (position) => values.slice(position * width, (position + 1) * width),
  };
}

/** Softmax, computed from the largest logit down. */
export function softmax(row: readonly number[]): number[] {
  const top = row.reduce((a, b) => Math.max(a, b), -Infinity),
    powers = row.map((v) => Math.exp(v - top)),
    sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((p) => p / sum);
}

/** The best answers at a position. */
export function answers(row: readonly number[], names: Names, most = 5): Answer[] {
  const probabilities = row.length > 1 ? softmax(row) : undefined;
  return row.map((value, index) => ({ value, index })).sort((a, b) => b.value - a.value).slice(0, most).map((
    { value, index },
  ) => answer(index, value, names, probabilities));
}

function answer(index: number, value: number, names: Names, probabilities: readonly number[] | undefined): Answer {
  const label = names.labelOf(index);
  return {
    index,
    value,
    ...(label === undefined ? {} : { label }),
    ...(probabilities ? { probability: probabilities[index]! } : {}),
  };
}

/**
 * Resolves a request against the logits of one forward pass.
 *
 * @param span for a span: its token ids, and the position whose logits predict the first of them
 * @throws UNKNOWN_CLASS, OUT_OF_RANGE
 */
export function resolveTarget(
  request: Omit<TargetRequest, "each">,
  { logits, names, span }: { logits: Tensor; names: Names; span?: { ids: readonly number[]; first: number } },
): ResolvedTarget {
  const rows = rowsOf(logits), seed = new Float32Array(rows.count * rows.width);
  const asTensor = (): Tensor => ({ dtype: "float32", dims: logits.dims, data: seed });
  if (span) {
    let value = 0;
    span.ids.forEach((id, i) => {
      const position = span.first + i, p = softmax(rows.at(position));
      value += Math.log(p[id]!);
      p.forEach((probability, k) => (seed[position * rows.width + k] = (k === id ? 1 : 0) - probability)); // ∂ log p_id / ∂ logit_k
    });
    const target: Target = {
      kind: "span",
      index: span.ids[0]!,
      label: request.span ?? "",
      value,
      probability: Math.exp(value),
      position: span.first,
      span: { start: span.first + 1, end: span.first + 1 + span.ids.length },
    };
    return { target, seed: asTensor(), predictions: answers(rows.at(span.first), names) };
  }
  const position = positionOf(request.position, rows),
    row = rows.at(position),
    probabilities = rows.width > 1 ? softmax(row) : undefined;
  const index = request.index ??
    (request.label === undefined ? row.indexOf(row.reduce((a, b) => Math.max(a, b))) : classOf(request.label, names));
  const chosen = answer(within(index, rows.width), row[index]!, names, probabilities);
  seed[position * rows.width + index]! += 1;
  const where = rows.positions ? { position } : {};
  if (request.foil === undefined) {
    const kind = request.index !== undefined && chosen.label === undefined
      ? "index"
      : rows.positions
      ? "token"
      : "class";
    return { target: { kind, ...chosen, ...where }, seed: asTensor(), predictions: answers(row, names) };
  }
  const other = within(typeof request.foil === "number" ? request.foil : classOf(request.foil, names), rows.width),
    foil = answer(other, row[other]!, names, probabilities);
  seed[position * rows.width + other]! -= 1;
  return {
    target: { ...chosen, kind: "contrast", ...where, foil, value: chosen.value - foil.value },
    seed: asTensor(),
    predictions: answers(row, names),
  };
}

/** The target's value and probability on other logits of the same shape: what a black-box explainer asks again and again. */
export function evaluate(logits: Tensor, target: Target, row = 0): { value: number; probability?: number } {
  const width = logits.dims.at(-1)!,
    data = logits.data as Float32Array,
    per = logits.dims.length > 2 ? logits.dims[1]! * width : width;
  const at = (position: number): number[] =>
    numbers({
      ...logits,
      data: data.slice(row * per + position * width, row * per + (position + 1) * width) as Float32Array,
    });
  if (target.kind === "span") {
    throw failure({
      code: "UNSUPPORTED",
      message: "A span cannot be evaluated on changed inputs",
      hint: "Explain one token: --target",
    });
  }
  const values = at(target.position ?? 0), p = values.length > 1 ? softmax(values)[target.index]! : undefined;
  const value = values[target.index]! - (target.foil ? values[target.foil.index]! : 0);
  return { value, ...(p === undefined ? {} : { probability: p }) };
}

function positionOf(asked: number | undefined, rows: Rows): number {
  if (asked !== undefined && !rows.positions) {
    if (asked === 0 || asked === -1) return 0;
    throw failure({
      code: "OUT_OF_RANGE",
      message: `There is no position "${asked}": this model answers once for the whole text`,
      hint: "Leave out --position",
    });
  }
  const position = asked === undefined ? rows.count - 1 : asked < 0 ? rows.count + asked : asked;
  if (position < 0 || position >= rows.count) {
    throw failure({
      code: "OUT_OF_RANGE",
      message: `Position "${asked}" is outside the ${rows.count} positions`,
      hint: `Use 0 to ${rows.count - 1}, or -1 for the last`,
    });
  }
  return position;
}

function within(index: number, width: number): number {
  if (index >= 0 && index < width) return index;
  throw failure({
    code: "OUT_OF_RANGE",
    message: `Index "${index}" is outside the ${width} logits`,
    hint: `Use 0 to ${width - 1}`,
  });
}

function classOf(label: string, names: Names): number {
  const index = names.indexOf(label);
  if (index !== undefined) return index;
  const some = names.classes.length
    ? `It has ${names.classes.map((name) => `"${name}"`).join(", ")}`
    : "Give one token of the vocabulary, or its number with --target-index";
  throw failure({ code: "UNKNOWN_CLASS", message: `The model has no class or single token "${label}"`, hint: some });
}
