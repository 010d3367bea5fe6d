/**
 * Colours of scores: ColorBrewer's PuOr, safe for colour-blind readers, orange for and purple against, paler towards zero.
 * Colour never stands alone: every renderer writes a sign beside it.
 *
 * @module
 */

export type Rgb = readonly [number, number, number];
export type Theme = "light" | "dark";

/** From −1 over 0 to +1. Light: Brewer, Harrower, PuOr with 11 classes, reversed. Dark: the same hues rising from the page. */
const stops: Record<Theme, readonly string[]> = {
  light: ["2d004b", "542788", "8073ac", "b2abd2", "d8daeb", "ffffff", "fee0b6", "fdb863", "e08214", "b35806", "7f3b08"],
  dark: ["cdb9f2", "a58fd8", "7d68b4", "554680", "352d50", "17171b", "47300f", "74480a", "a96508", "df8d22", "ffc26b"],
};
/** The ends of the scale are too dark (too bright) to tell their hues apart, so ±1 is drawn at this share of it. */
const reach = 0.8;

const parse = (hex: string): Rgb => [0, 2, 4].map((i) => parseInt(hex.slice(i, i + 2), 16)) as unknown as Rgb;
const ramps: Record<Theme, Rgb[]> = { light: stops.light.map(parse), dark: stops.dark.map(parse) };

/** Background of a score in [−1, 1]; beyond that the ends are used. */
export function colourOf(score: number, theme: Theme = "light"): Rgb {
  const ramp = ramps[theme];
  const at = ((Math.max(-1, Math.min(1, score)) * reach + 1) / 2) * (ramp.length - 1);
  const low = Math.min(Math.floor(at), ramp.length - 2), t = at - low;
  return ramp[low]!.map((c, i) => Math.round(c + (ramp[low + 1]![i]! - c) * t)) as unknown as Rgb;
}

/** Relative luminance (WCAG 2.2). */
export function luminance(colour: Rgb): number {
  const [r, g, b] = colour.map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4)) as [
    number,
    number,
    number,
  ];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** Contrast ratio of two colours (WCAG 2.2), 1 to 21. */
export function contrast(a: Rgb, b: Rgb): number {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

const ink: Rgb = [0, 0, 0], paper: Rgb = [255, 255, 255];

/** Text on a background: ink or paper, whichever reads better; at least 4.5 to 1 on every colour of the scale. */
export const textOn = (background: Rgb): Rgb => contrast(background, ink) >= contrast(background, paper) ? ink : paper;

/** `#rrggbb`. */
export const hex = (colour: Rgb): string => "#" + colour.map((c) => c.toString(16).padStart(2, "0")).join("");

/** Number of classes on each side of zero where a renderer needs finitely many colours. */
export const levels = 10;

/** The class of a score: −levels … +levels; only what rounds to nothing is 0. */
export const levelOf = (score: number): number => Math.round(Math.max(-1, Math.min(1, score)) * levels);
