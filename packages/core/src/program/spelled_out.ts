/**
 * The attention and its way back in plain primitives: what an executor runs that has no tiles of its own.
 *
 * @module
 */
import { type AttentionShares, Builder } from "./builder.ts";
import type { Program, Step } from "./program.ts";

/** Writes steps between a program's own; every shape is physical here, so nothing is lifted. */
class Spelling extends Builder {
  #made = 0;
  override fresh = (stem: string): string => `spelled~${stem}~${this.#made++}`;
}

/** Primitives that are no ONNX operators. */
const WHOLE: Readonly<Record<string, (b: Builder, step: Step) => void>> = {
  AttentionContext: context,
  AttentionCotangent: cotangent,
};

/** The same program in ONNX operators. */
export function spelledOut(program: Program): Program {
  if (!program.steps.some(({ op }) => op in WHOLE)) return program;
  const b = new Spelling();
  program.types.forEach((type, name) => b.types.set(name, type));
  program.constants.forEach((value, name) => b.constants.set(name, value));
  for (const step of program.steps) {
    b.origin = step.origin;
    const write = WHOLE[step.op];
    if (write) write(b, step);
    else b.steps.push(step);
  }
  return { ...program, steps: b.steps, types: b.types, constants: b.constants };
}

function probabilities(
  b: Builder,
  { q, k, mask, span, scale }: {
    q: string;
    k: string;
    mask: string | undefined;
    span: string | undefined;
    scale: number;
  },
): string {
  let scores = b.matmul(q, k, { transB: true, alpha: scale });
  if (mask) scores = b.add(scores, mask);
  if (span) scores = within(b, span, scores);
  return b.softmax(scores, -1);
}

function context(b: Builder, { inputs, outputs, attributes }: Step): void {
  const [q, k, v, mask, span] = inputs as [string, string, string, string?, string?],
    scale = attributes["scale"] as number;
  rename(b, b.matmul(probabilities(b, { q, k, mask, span, scale }), v), outputs[0]!);
}

function cotangent(b: Builder, { inputs, outputs, attributes }: Step): void {
  const [g, q, k, v, mask, span] = inputs as [string, string, string, string, string?, string?],
    [dq, dk, dv, masked] = outputs;
  const { scale, valueShare, scoreShare } = attributes as AttentionShares;
  const a = probabilities(b, { q, k, mask, span, scale });
  if (dv) rename(b, b.matmul(a, g, { transA: true, alpha: valueShare }), dv);
  if (!dq && !dk && !masked) return;
  const arriving = b.matmul(g, v, { transB: true, alpha: valueShare });
  const leaving = b.mul(a, b.sub(arriving, b.sum(b.mul(a, arriving), [-1]))), alpha = scoreShare * scale;
  if (dq) rename(b, b.matmul(leaving, k, { alpha }), dq);
  if (dk) rename(b, b.matmul(leaving, q, { transA: true, alpha }), dk);
  // A masked key has a message of exactly zero, whatever its mask.
  const none = b.equal(leaving, b.scalar(0));
  if (masked) rename(b, b.sum(b.mul(leaving, b.where(none, b.scalar(0), mask!)), [-2, -1], false), masked);
}

/** Scores of the keys in each row's span, −∞ elsewhere. */
function within(b: Builder, span: string, scores: string): string {
  const keys = b.dims(scores).at(-1)!, hidden = b.scalar(-Infinity);
  const at = b.tensor({ dtype: "int32", dims: [keys], data: Int32Array.from({ length: keys }, (_, i) => i) });
  const [from, to] = b.split(span, 1, [1, 1]) as [string, string];
  return b.where(b.less(at, to), b.where(b.less(at, from), hidden, scores), hidden);
}

/** Gives the result of the last step the name it has in the program. */
function rename(b: Builder, made: string, name: string): void {
  const last = b.steps.pop()!;
  b.steps.push({ ...last, outputs: last.outputs.map((output) => (output === made ? name : output)) });
}
