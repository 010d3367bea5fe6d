/**
 * How the page looks and where it computes: kept by the browser, not part of a question.
 *
 * @module
 */
import { effect, type Signal, signal } from "@preact/signals";
import { type Language, language } from "../strings/mod.ts";

export type Theme = "system" | "light" | "dark";
/** The processor or the graphics card of this machine, or the server the page came from. */
export type Place = "processor" | "graphics" | "server";

/** A signal whose value outlives the page. Without storage (a private window, a file) it lives as long as the page. */
function kept<T extends string>(key: string, known: readonly T[], fallback: T): Signal<T> {
  const found = signal<T>(fallback);
  try {
    const value = localStorage.getItem(`hyaline-${key}`) as T;
    if (known.includes(value)) found.value = value;
  } catch { /* no storage here */ }
  effect(() => {
    const value = found.value;
    try {
      if (value === fallback) localStorage.removeItem(`hyaline-${key}`);
      else localStorage.setItem(`hyaline-${key}`, value);
    } catch { /* no storage here */ }
  });
  return found;
}

export const theme = kept<Theme>("theme", ["system", "light", "dark"], "system");
export const place = kept<Place>("place", ["processor", "graphics", "server"], "processor");
const spoken = kept<Language | "system">("language", ["system", "en", "zh"], "system");
if (spoken.value !== "system") language.value = spoken.value;

/** Speaks a language from now on. */
export function speak(chosen: Language): void {
  spoken.value = language.value = chosen;
}

effect(() => {
  document.documentElement.lang = language.value;
});
effect(() => {
  document.documentElement.style.colorScheme = theme.value === "system" ? "" : theme.value;
});
