/**
 * An explanation in words: the question, the answers, how to read the scores, how far to trust them, what it cost.
 * Terminal and page lay the same words out.
 *
 * @module
 */
import type { Answer, Explanation, Ledger } from "../result/mod.ts";
import type { Catalogue } from "./locale.ts";
import { bytes, decimalsFor, duration, percent, plain, withMinus, withSign } from "./numbers.ts";

/** A line of the ledger; `share` is of the explained value. */
export interface LedgerLine {
  readonly id: string;
  readonly label: string;
  readonly value: string;
  readonly share: number;
}

export interface Description {
  readonly question: string;
  readonly method: string;
  readonly answers: readonly { label: string; value: string; probability?: number; explained: boolean }[];
  readonly reading: readonly string[];
  readonly ledger?: { readonly lines: readonly LedgerLine[]; readonly closed: boolean; readonly verdict: string };
  readonly checks: readonly { mark: string; status: string; passed?: boolean; title: string; summary: string }[];
  readonly notes: readonly string[];
  readonly cost: string;
}

/** Name of a class, a token, or a bare index. */
export const nameOf = ({ label, index }: Pick<Answer, "label" | "index">): string =>
  label?.replace(/^▁/, "").trim() || `#${index}`;

/** “positive”, “Paris” and not “Rome”. */
export function questionOf({ target }: Explanation, say: Catalogue): string {
  const name = say.quoted(nameOf(target));
  const at = target.position === undefined ? "" : ` (${say.position(target.position)})`;
  return target.foil ? say.whyNot(name, say.quoted(nameOf(target.foil))) + at : say.why(name) + at;
}

/** Id of a method with what tells it from itself: `lrp · cp-lrp`, `grad-cam · layer 3`. */
export function methodName({ method: { id, composite, options } }: Explanation): string {
  const parts = [id];
  if (composite) parts.push(composite);
  const { variant, layer, head } = options;
  // Grad-CAM's own variant has its name already
  if (typeof variant === "string" && variant !== id.replace("-", "")) parts.push(variant);
  for (const [name, value] of [["layer", layer], ["head", head]]) {
    if (value !== undefined && value !== null) parts.push(`${name} ${value}`);
  }
  return parts.join(" · ");
}

/** What the marks of this kind of result mean, and what the method cannot say. */
export function readingOf(explanation: Explanation, say: Catalogue): string[] {
  const target = say.quoted(nameOf(explanation.target));
  const lines: string[] = [];
  if (explanation.type === "token-scores") {
    lines.push(explanation.signed ? say.tokenScores.signed(target) : say.tokenScores.unsigned(target));
  } else if (explanation.type === "token-matrix") {
    lines.push(say.types["token-matrix"](...explanation.data.axes));
  } else if (explanation.type === "layer-head-grid" && explanation.data.axes.at(-1)!.name === "to") {
    lines.push(say.types["token-matrix"](say.from, say.to));
  } else lines.push(say.types[explanation.type]());
  const caveat = say.caveats[explanation.method.id];
  if (caveat) lines.push(caveat);
  return lines;
}

/** The ledger's lines; those that are nothing to the eye are left out, value, tokens and residual never. */
export function ledgerLines(ledger: Ledger, say: Catalogue): LedgerLine[] {
  const decimals = decimalsFor(Math.abs(ledger.value));
  const whole = Math.abs(ledger.value) || 1;
  const line = (
    id: Exclude<keyof Catalogue["ledger"], "open" | "closed" | "little" | "title">,
    value: number,
  ): LedgerLine => ({
    id,
    label: say.ledger[id],
    value: id === "value" ? plain(value, decimals) : withSign(value, Math.max(decimals, 3)),
    share: value / whole,
  });
  const leaks = (Object.keys(ledger.leaks) as (keyof Ledger["leaks"])[])
    .filter((id) => Math.abs(ledger.leaks[id]) > 5e-4 * whole)
    .map((id) => line(id, ledger.leaks[id]));
  return [line("value", ledger.value), line("tokens", ledger.tokens), ...leaks, line("residual", ledger.residual)];
}

/** Whether the books close, and whether enough arrived at the tokens to speak of shares. */
function verdictOf(ledger: Ledger, say: Catalogue): string {
  const whole = Math.abs(ledger.value) || 1, arrived = Math.abs(ledger.tokens) / whole;
  if (!ledger.closed) return say.ledger.open(percent(Math.abs(ledger.residual) / whole));
  return arrived < 0.5 ? `${say.ledger.closed} ${say.ledger.little(percent(arrived))}` : say.ledger.closed;
}

/** All of it. */
export function describe(explanation: Explanation, say: Catalogue): Description {
  const { target, predictions, diagnostics: { ledger, checks, notes, passes }, timing, memory, provenance } =
    explanation;
  const marks = { passed: "✓", failed: "✗", measured: "·" };
  const cost = [say.cost(duration(timing.total), passes.forward, passes.backward)];
  if (memory) cost.push(say.memory(bytes(memory.peak)));
  cost.push(say.ran(provenance.runtime, provenance.provider));
  return {
    question: questionOf(explanation, say),
    method: methodName(explanation),
    answers: predictions.map((answer) => ({
      label: nameOf(answer),
      value: plain(answer.value, 3),
      ...(answer.probability === undefined ? {} : { probability: answer.probability }),
      explained: answer.index === target.index,
    })),
    reading: readingOf(explanation, say),
    ...(ledger && {
      ledger: {
        lines: ledgerLines(ledger, say),
        closed: ledger.closed,
        verdict: verdictOf(ledger, say),
      },
    }),
    checks: checks.map(({ id, title, status, summary }) => ({
      mark: marks[status],
      status: say.status[status],
      ...(status === "measured" ? {} : { passed: status === "passed" }),
      title: say.checks[id] ?? title,
      summary: withMinus(say.told(summary)),
    })),
    notes: notes.map((note) => withMinus(say.told(note))),
    cost: cost.join(", "),
  };
}
