/**
 * A question as an address: JSON, deflated, in base64url, behind the `#`, which browsers never send to a server.
 *
 * @module
 */
import { type Question, questionFrom } from "./question.ts";

const PREFIX = "#q=";
/** A link that unpacks to more is not one of ours. */
const MOST = 256 * 1024;

const through = (bytes: Uint8Array<ArrayBuffer>, stream: ReadableWritablePair): ReadableStream<Uint8Array> =>
  new Blob([bytes]).stream().pipeThrough(stream);

/** @returns the fragment, `#` included */
export async function linkOf(question: Question): Promise<string> {
  const json = new TextEncoder().encode(JSON.stringify(question));
  const packed = await new Response(through(json, new CompressionStream("deflate-raw"))).arrayBuffer();
  const binary = Array.from(new Uint8Array(packed), (byte) => String.fromCharCode(byte)).join("");
  return PREFIX + btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** The question of a fragment; none where it holds none, or is damaged. */
export async function questionOf(fragment: string): Promise<Question | undefined> {
  if (!fragment.startsWith(PREFIX)) return undefined;
  try {
    const binary = atob(fragment.slice(PREFIX.length).replaceAll("-", "+").replaceAll("_", "/"));
    const packed = Uint8Array.from(binary, (character) => character.charCodeAt(0));
    const parts: Uint8Array<ArrayBuffer>[] = [];
    let size = 0;
    for await (
      const part of through(packed, new DecompressionStream("deflate-raw")) as unknown as AsyncIterable<
        Uint8Array<ArrayBuffer>
      >
    ) {
      if ((size += part.length) > MOST) return undefined;
      parts.push(part);
    }
    return questionFrom(JSON.parse(await new Blob(parts).text()));
  } catch {
    return undefined;
  }
}
