/**
 * Pre-tokenisation with positions: the library cuts, this finds where it cut.
 *
 * @module
 */
import type { Tokenizer } from "@huggingface/tokenizers";
import { type Aligned, rewritten, slice } from "./alignment.ts";

export type PreTokenizer = NonNullable<Tokenizer["pre_tokenizer"]>;

/** A piece of text the model sees, with the original position of each of its characters. */
export type Piece = Aligned;

/** The members of a sequence, as the library keeps them. */
const members = (step: PreTokenizer): readonly (PreTokenizer | null)[] | undefined =>
  "tokenizers" in step ? step.tokenizers as (PreTokenizer | null)[] : undefined;

/**
 * Cuts normalised text into pieces.
 *
 * @param first whether the text stands at the start of the input (some tokenisers put a space before it)
 */
export function cut(text: Aligned, step: PreTokenizer | null, first: boolean): Piece[] {
  if (!step) return [text];
  const inner = members(step);
  if (inner) return inner.reduce((pieces, member) => pieces.flatMap((piece) => cut(piece, member, first)), [text]);
  const pieces = step.pre_tokenize_text(text.text, { section_index: first ? 0 : 1 });
  if ("byte_encoder" in step) return bytes(text, pieces, step.byte_encoder as Record<number, string>);
  if ("replacement" in step && "prepend_scheme" in step) {
    return spaces(text, pieces[0] ?? "", step.replacement as string);
  }
  return pieces.length === 1 && !text.text.includes(pieces[0]!)
    ? [rewritten(text, (part) => step.pre_tokenize_text(part, {})[0] ?? "")]
    : found(text, pieces);
}

/** Pieces that are parts of the text, in order. */
function found(text: Aligned, pieces: readonly string[]): Piece[] {
  let at = 0;
  return pieces.map((piece) => {
    const from = text.text.indexOf(piece, at);
    at = from + piece.length;
    return slice(text, from, at);
  });
}

/** Byte-level pieces: each character is one byte, and stands for the whole character the byte is of. */
function bytes(text: Aligned, pieces: readonly string[], encoder: Record<number, string>): Piece[] {
  const encoded = new TextEncoder();
  const starts: number[] = [], ends: number[] = [], letters: string[] = [];
  for (let i = 0; i < text.text.length;) {
    const point = String.fromCodePoint(text.text.codePointAt(i)!);
    for (const byte of encoded.encode(point)) {
      letters.push(encoder[byte]!);
      starts.push(text.starts[i]!);
      ends.push(text.ends[i + point.length - 1]!);
    }
    i += point.length;
  }
  const whole = pieces.join("");
  // A space put before the text stands for nothing.
  for (let extra = whole.length - letters.length; extra > 0; extra--) {
    starts.unshift(text.starts[0] ?? 0);
    ends.unshift(text.starts[0] ?? 0);
  }
  const all: Aligned = { text: whole, starts: Int32Array.from(starts), ends: Int32Array.from(ends) };
  return found(all, pieces);
}

/** ▁ for each space, perhaps one before the text, and a cut before each. */
function spaces(text: Aligned, replaced: string, mark: string): Piece[] {
  const whole = replaced.length > text.text.length
    ? joined({ text: mark, starts: text.starts.slice(0, 1), ends: text.starts.slice(0, 1) }, {
      ...text,
      text: replaced.slice(mark.length),
    })
    : { ...text, text: replaced };
  const pieces: Piece[] = [];
  for (let from = 0; from < whole.text.length;) {
    const next = whole.text.indexOf(mark, from + 1), to = next < 0 ? whole.text.length : next;
    pieces.push(slice(whole, from, to));
    from = to;
  }
  return pieces;
}

const joined = (a: Aligned, b: Aligned): Aligned => ({
  text: a.text + b.text,
  starts: Int32Array.from([...a.starts, ...b.starts]),
  ends: Int32Array.from([...a.ends, ...b.ends]),
});
