/**
 * Foreign text (tokens, labels, file names) made harmless for each place it is shown in.
 *
 * @module
 */

/** C0, DEL and C1 controls, line separators, bidirectional controls, tag characters, lone surrogates. */
const unsafe = // deno-lint-ignore no-control-regex
  /[\u0000-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e0fff}]|\p{Cs}/gu;

const named: Record<string, string> = { "\n": "↵", "\r": "␍", "\t": "⇥" };

function picture(character: string): string {
  const code = character.codePointAt(0)!;
  if (named[character]) return named[character];
  if (code < 0x20) return String.fromCodePoint(0x2400 + code);
  if (code === 0x7f) return "␡";
  return `⟨${code.toString(16).toUpperCase().padStart(4, "0")}⟩`;
}

/**
 * One line of visible characters: what would move a cursor, colour a terminal or turn the reading order is drawn instead.
 *
 * @example
 * ```ts
 * import { visible } from "@hyaline/core/render";
 * console.assert(visible("a\u001b[31mb\n") === "a␛[31mb↵");
 * ```
 */
export const visible = (text: string): string => text.replace(unsafe, picture);

const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/** Text as content or quoted attribute of HTML, SVG and XML. Control characters, which XML forbids, are drawn. */
export const escapeMarkup = (text: string): string => visible(text).replace(/[&<>"']/g, (c) => entities[c]!);

/** JSON that can stand inside a `<script type="application/json">`: nothing in it can end the element. */
export const escapeScriptJson = (value: unknown): string =>
  JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);

/** A text cell of CSV: spreadsheets run what starts with =, +, −, @ or a control, so such text gets an apostrophe before it. */
export function csvText(text: string): string {
  const harmless = /^[\s]*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20|%]/.test(text) ? `'${text}` : text;
  return /[",;\r\n\t]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
