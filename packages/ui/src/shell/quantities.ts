/**
 * Bytes and seconds as people say them.
 *
 * @module
 */
import { language } from "../strings/mod.ts";

const format = (value: number, options: Intl.NumberFormatOptions): string =>
  new Intl.NumberFormat(language.value, { maximumSignificantDigits: 2, ...options }).format(value);

/** "16 MB", "1.2 GB". */
export function bytesIn(bytes: number): string {
  const unit = bytes >= 1e9 ? "gigabyte" : bytes >= 1e6 ? "megabyte" : "kilobyte";
  const size = { gigabyte: 1e9, megabyte: 1e6, kilobyte: 1e3 }[unit];
  return format(bytes / size, { style: "unit", unit, unitDisplay: "short", maximumSignificantDigits: 3 });
}

/** "0.4 sec", "12 sec", "3 min". */
export const secondsIn = (seconds: number): string =>
  seconds < 100
    ? format(seconds, { style: "unit", unit: "second", unitDisplay: "short" })
    : format(seconds / 60, { style: "unit", unit: "minute", unitDisplay: "short" });

/** "96%", "0.4%". */
export const percentIn = (share: number): string => format(share, { style: "percent", maximumSignificantDigits: 3 });
