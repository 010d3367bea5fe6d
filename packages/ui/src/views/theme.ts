/**
 * Which theme an element is shown in: canvases cannot say `light-dark()` themselves.
 *
 * @module
 */
import type { Theme } from "@hyaline/core/render";
import { signal } from "@preact/signals";

const dark = globalThis.matchMedia?.("(prefers-color-scheme: dark)");

/** What the page is drawn in now: its own `color-scheme` where it is fixed to one, else the system's. */
function read(): Theme {
  const scheme = globalThis.document ? getComputedStyle(document.documentElement).colorScheme : "light";
  if (scheme.includes("dark") && !scheme.includes("light")) return "dark";
  return scheme.includes("dark") && dark?.matches ? "dark" : "light";
}

/** Follows the system and the page's root element. */
export const theme = signal<Theme>(read());
const look = (): void => {
  theme.value = read();
};
dark?.addEventListener("change", look);
if (globalThis.document) new MutationObserver(look).observe(document.documentElement, { attributes: true });
