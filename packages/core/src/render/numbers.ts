/**
 * Numbers as people read them.
 *
 * @module
 */

const minus = "−";

/** Decimals that show `size` with three significant digits, at most six. */
export const decimalsFor = (size: number): number =>
  size > 0 ? Math.max(0, Math.min(6, 2 - Math.floor(Math.log10(size)))) : 2;

/** A plain number with a real minus sign. Without `decimals` three significant digits, in powers of ten where it is tiny. */
export const plain = (value: number, decimals?: number): string => {
  const size = Math.abs(value), tiny = decimals === undefined && size > 0 && size < 5e-6;
  const text = tiny ? size.toExponential(1) : size.toFixed(decimals ?? decimalsFor(size));
  return value < 0 && Number(text) !== 0 ? minus + text : text;
};

/** A number that always shows its sign; what rounds to zero shows none. */
export const withSign = (value: number, decimals?: number): string => {
  const text = plain(value, decimals);
  return value > 0 && Number(text) !== 0 ? "+" + text : text;
};

/** A sentence whose negative numbers have a real minus sign; that of a power of ten stays. */
export const withMinus = (sentence: string): string => sentence.replace(/(?<![\p{L}\p{N}.)-])-(?=\d)/gu, minus);

/** A share as per cent. Only exactly 0 and 1 are written so. */
export function percent(share: number): string {
  if (share > 0 && share < 0.001) return "< 0.1 %";
  if (share < 1 && share > 0.999) return "> 99.9 %";
  return `${(share * 100).toFixed(1)} %`;
}

/** Milliseconds, or seconds from one on. */
export const duration = (ms: number): string => ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(2)} s`;

/** Bytes in the largest binary unit that keeps it above one. */
export function bytes(count: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  const power = count < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(count) / 10));
  return `${(count / 1024 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power]}`;
}
