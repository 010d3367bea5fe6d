/**
 * Where each sub-word of a piece lies in it.
 *
 * @module
 */

export interface SubwordOptions {
  /** `##` of WordPiece: put before every sub-word but the first. */
  readonly prefix?: string | undefined;
  /** `</w>` of some BPE models: put behind the last. */
  readonly suffix?: string | undefined;
  /** The token that stands for what the vocabulary lacks. */
  readonly unknown?: string | undefined;
}

const byteToken = /^<0x([0-9A-F]{2})>$/;

/**
 * Ranges of the sub-words of one piece, in UTF-16 units of the piece.
 *
 * An unknown token takes what lies before the next sub-word that is known; a byte token (`<0xE2>`) stands for the
 * whole character its byte belongs to, so several may share a range.
 */
export function locate(
  piece: string,
  subwords: readonly string[],
  { prefix, suffix, unknown }: SubwordOptions,
): [from: number, to: number][] {
  const surface = (token: string, i: number): string => {
    let text = token;
    if (prefix && i > 0 && text.startsWith(prefix)) text = text.slice(prefix.length);
    if (suffix && text.endsWith(suffix)) text = text.slice(0, -suffix.length);
    return text;
  };
  const ranges: [number, number][] = [];
  let at = 0, byte = 0;
  for (const [i, token] of subwords.entries()) {
    const point = at < piece.length ? String.fromCodePoint(piece.codePointAt(at)!) : "";
    const text = surface(token, i);
    if (token !== unknown && piece.startsWith(text, at) && byte === 0) {
      ranges.push([at, at + text.length]);
      at += text.length;
    } else if (byteToken.test(token)) {
      ranges.push([at, at + point.length]);
      if (++byte === new TextEncoder().encode(point).length) {
        at += point.length;
        byte = 0;
      }
    } else {
      const to = nextKnown(
        piece,
        at + point.length,
        subwords.slice(i + 1),
        (next, j) => next === unknown ? undefined : surface(next, i + 1 + j),
      );
      ranges.push([at, to]);
      at = to;
    }
  }
  return ranges;
}

/** Where the next sub-word begins that is written out; each unknown one before it takes a character. */
function nextKnown(
  piece: string,
  from: number,
  rest: readonly string[],
  surface: (token: string, i: number) => string | undefined,
): number {
  if (rest.length === 0) return piece.length;
  const next = surface(rest[0]!, 0);
  if (next === undefined || byteToken.test(rest[0]!)) return Math.min(from, piece.length);
  const found = piece.indexOf(next, from);
  return found < 0 ? Math.min(from, piece.length) : found;
}
