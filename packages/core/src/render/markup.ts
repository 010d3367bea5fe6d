/**
 * HTML and SVG as template strings whose every interpolation is escaped, unless it is markup itself.
 *
 * @module
 */
import { escapeMarkup } from "./safe.ts";

/** Markup: a string that needs no more escaping. */
export class Markup {
  readonly source: string;
  constructor(source: string) {
    this.source = source;
  }
}

type Content = string | number | Markup | undefined | false | null | readonly Content[];

const write = (content: Content): string => {
  if (content === undefined || content === null || content === false) return "";
  if (content instanceof Markup) return content.source;
  return Array.isArray(content) ? content.map(write).join("") : escapeMarkup(String(content));
};

/**
 * The tag of such a template. Lists are joined; nothing is written for `undefined`, `null` and `false`.
 * Attributes must be quoted.
 */
export const markup = (strings: TemplateStringsArray, ...contents: Content[]): Markup =>
  new Markup(strings.reduce((text, string, i) => text + write(contents[i - 1]) + string));

/** Markup that this code wrote by itself: a style sheet, a script, another template's result. */
export const raw = (source: string): Markup => new Markup(source);
