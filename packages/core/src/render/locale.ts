/**
 * Languages renderers speak.
 *
 * @module
 */
import { type Catalogue, en } from "./catalogue/en.ts";
import { zh } from "./catalogue/zh.ts";

const catalogues: Readonly<Record<string, Catalogue>> = { en, zh };

/** Codes of the languages there are. */
export const locales: readonly string[] = Object.keys(catalogues);

/** The catalogue of a language tag (`zh-CN`, `en_GB.UTF-8`); English where there is none. */
export const catalogueOf = (locale = "en"): Catalogue => catalogues[locale.toLowerCase().split(/[-_.]/)[0]!] ?? en;

export type { Catalogue };
