/**
 * Text that remembers where it came from.
 *
 * Tokenisers rewrite text before they cut it (lower case, accents off, spaces to ▁). The library that does the rewriting
 * gives strings, not positions, so each step is aligned after the fact: first character by character, then cluster by
 * cluster (a base with its combining marks), and where a step looks further around itself, by meeting it again
 * behind the difference.
 *
 * All positions are JavaScript string indices (UTF-16 code units), into the text the user gave.
 *
 * @module
 */

/** A string and, for each of its UTF-16 units, the range `[starts[i], ends[i])` of the original text it stands for. */
export interface Aligned {
  readonly text: string;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
}

/** A text that stands for itself, from a position on. */
export function original(text: string, offset = 0): Aligned {
  const starts = new Int32Array(text.length), ends = new Int32Array(text.length);
  for (let i = 0; i < text.length;) {
    const next = i + (text.codePointAt(i)! > 0xffff ? 2 : 1);
    starts.fill(offset + i, i, next);
    ends.fill(offset + next, i, next);
    i = next;
  }
  return { text, starts, ends };
}

/** Part of an aligned text. */
export const slice = ({ text, starts, ends }: Aligned, from: number, to: number): Aligned => ({
  text: text.slice(from, to),
  starts: starts.subarray(from, to),
  ends: ends.subarray(from, to),
});

/** The original range that `[from, to)` stands for. An empty range lies behind what comes before it; an empty text at 0. */
export function span({ starts, ends }: Aligned, from = 0, to = starts.length): [start: number, end: number] {
  if (from < to) return [starts[from]!, Math.max(starts[from]!, ends[to - 1]!)];
  const at = from > 0 ? ends[from - 1]! : starts[0] ?? 0;
  return [at, at];
}

/** Builds an aligned text from pieces, each of which stands for a range of another one. */
class Builder {
  readonly #of: Aligned;
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];
  text = "";

  constructor(of: Aligned) {
    this.#of = of;
  }

  /** Adds `text`, which stands for `[from, to)`. Equal lengths go unit by unit, so that a long range stays precise. */
  add(text: string, from: number, to: number): void {
    const { starts, ends } = this.#of, even = text.length === to - from;
    // What stands for nothing (an inserted ▁) lies, empty, behind what came before.
    const behind = from > 0 ? ends[from - 1]! : starts[0] ?? 0;
    for (let i = 0; i < text.length; i++) {
      this.#starts.push(from === to ? behind : starts[even ? from + i : from]!);
      this.#ends.push(from === to ? behind : ends[even ? from + i : to - 1]!);
    }
    this.text += text;
  }

  done(): Aligned {
    return { text: this.text, starts: Int32Array.from(this.#starts), ends: Int32Array.from(this.#ends) };
  }
}

const clusters = /[\u1100-\u11ff]+|[^\p{M}]\p{M}*|\p{M}+/gsu;

/**
 * Applies a rewriting step and aligns its result.
 *
 * @param rewrite a pure function of text
 */
export function rewritten(from: Aligned, rewrite: (text: string) => string): Aligned {
  const { text } = from, result = rewrite(text);
  if (result === text) return from;
  const builder = new Builder(from);
  const at = result === "" ? -1 : text.indexOf(result); // Strip
  if (at >= 0) return slice(from, at, at + result.length);
  if (result.endsWith(text)) { // Prepend
    builder.add(result.slice(0, result.length - text.length), 0, 0);
    builder.add(text, 0, text.length);
    return builder.done();
  }
  const points = Array.from(text), single = points.map(rewrite), local = single.join("") === result;
  const parts = local ? points : text.match(clusters) ?? [], made = local ? single : parts.map(rewrite);
  let i = 0, source = 0, target = 0;
  while (i < parts.length) {
    if (result.startsWith(made[i]!, target)) {
      builder.add(made[i]!, source, source + parts[i]!.length);
      target += made[i]!.length;
      source += parts[i]!.length;
      i++;
      continue;
    }
    const [skipped, produced] = meeting(made, i, result, target);
    const width = parts.slice(i, i + skipped).reduce((sum, { length }) => sum + length, 0);
    builder.add(result.slice(target, target + produced), source, source + width);
    i += skipped;
    source += width;
    target += produced;
  }
  builder.add(result.slice(target), source, source);
  return builder.done();
}

/** How far two texts may run apart before the rest counts as one piece. */
const horizon = 48;

/** The nearest place where what the parts give on their own agrees again with what the whole gave: parts and units passed over. */
function meeting(made: readonly string[], i: number, result: string, target: number): [parts: number, units: number] {
  for (let distance = 1; distance <= horizon; distance++) {
    for (let parts = 0; parts <= distance; parts++) {
      const units = distance - parts, next = made.slice(i + parts, i + parts + 3).join("");
      if (next !== "" && result.startsWith(next, target + units)) return [parts, units];
    }
  }
  return [made.length - i, result.length - target];
}

/** Characters that belong to the one before them: combining marks, variation selectors, joiners. */
const trailing = /[\p{M}\u200d\ufe0f]/u;

/** Moves an end that fell between a letter and its (removed) accent behind the accent. */
export function pastMarks(text: string, end: number): number {
  let at = end;
  while (at > 0 && at < text.length && trailing.test(text[at]!)) at++;
  return at;
}
