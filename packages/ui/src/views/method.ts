/**
 * What a manifest says about a method to people: all that views know of it.
 *
 * @module
 */
import type { MethodInfo } from "../engine/engine.ts";

/** The part of a manifest's entry that is shown beside results. */
export type Method =
  & Pick<MethodInfo, "id" | "title" | "limits">
  & Partial<Pick<MethodInfo, "titles" | "summary" | "summaries" | "limitsIn" | "references">>;

/** A manifest's sentence in the page's language, or as its author wrote it. */
export const saidIn = (
  language: string,
  original: string | undefined,
  translated: Readonly<Record<string, string>> | undefined,
): string | undefined => translated?.[language] ?? original;
