/**
 * A score as a background and the text on it, in both themes at once: orange for, purple against, nothing at zero.
 *
 * @module
 */
import { colourOf, hex, textOn } from "@hyaline/core/render";

/** Below this share of the strongest a piece of text keeps the page's own colour. */
const faint = 0.03;

/** Colours of a share in [−1, 1] of the strongest score, as style properties; none where it is next to nothing. */
export function tint(share: number): { backgroundColor: string; color: string } | undefined {
  if (!(Math.abs(share) >= faint)) return undefined;
  const light = colourOf(share, "light"), dark = colourOf(share, "dark");
  return {
    backgroundColor: `light-dark(${hex(light)}, ${hex(dark)})`,
    color: `light-dark(${hex(textOn(light))}, ${hex(textOn(dark))})`,
  };
}
