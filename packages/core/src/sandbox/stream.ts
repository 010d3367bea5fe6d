/**
 * Frames on a stream of bytes: each begins with its length.
 *
 * @module
 */
import { badFrame } from "../errors.ts";

/**
 * Puts the pieces of a stream together to frames.
 *
 * @param most bytes a frame may have: what claims more is refused before anything is kept for it
 * @returns takes a piece, gives the frames that it completes. @throws BAD_FRAME
 */
export function unframer(most: number): (piece: Uint8Array) => Uint8Array[] {
  const head = new Uint8Array(4);
  let seen = 0, body: Uint8Array | undefined, filled = 0;
  return (piece) => {
    const frames: Uint8Array[] = [];
    for (let at = 0; at < piece.length;) {
      if (!body) {
        while (seen < 4 && at < piece.length) head[seen++] = piece[at++]!;
        if (seen < 4) break;
        const length = new DataView(head.buffer).getUint32(0, true);
        if (length > most) throw badFrame(`it claims ${length} bytes, more than the ${most} allowed`);
        if (length <= seen) throw badFrame("it claims to be shorter than its own lengths");
        body = new Uint8Array(length);
        body.set(head);
        filled = seen;
      }
      const part = piece.subarray(at, at + body.length - filled);
      body.set(part, filled);
      filled += part.length;
      at += part.length;
      if (filled === body.length) {
        frames.push(body);
        body = undefined;
        seen = 0;
      }
    }
    return frames;
  };
}
