/**
 * The language the page speaks, and every sentence in it. Components read `t.value` and `say.value` and so follow a switch at once.
 *
 * @module
 */
import { catalogueOf } from "@hyaline/core/render";
import { computed, signal } from "@preact/signals";
import { en, type Strings } from "./en.ts";
import { zh } from "./zh.ts";

export const strings = { en, zh } satisfies Record<string, Strings>;
export type Language = keyof typeof strings;
export type { Strings };

/** The chosen language. Whoever sets it also sets the page's `lang`. */
export const language = signal<Language>(globalThis.navigator?.language.startsWith("zh") ? "zh" : "en");
/** The page's own sentences. */
export const t = computed<Strings>(() => strings[language.value]);
/** What core says about explanations: the words of terminal, HTML and SVG. */
export const say = computed(() => catalogueOf(language.value));
