/**
 * The sentence-polarity data and its fixed split: the same rule as `scripts/polarity.py`.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { gunzipSync } from "node:zlib";

/** Train and validation made the checkpoints; test only measures them. */
export type Side = "train" | "validation" | "test";

/** One sentence with its label. */
export interface Example {
  readonly text: string;
  readonly label: "negative" | "positive";
  readonly side: Side;
}

const data = new URL("data/sentence_polarity.tsv.gz", import.meta.url);

/**
 * The side of one sentence: its letters a-z and digits, hashed; the first 32 bits of SHA-256 modulo 10.
 *
 * @example
 * ```ts
 * import { sideOf } from "./polarity.ts";
 * console.assert(sideOf("a pretentious mess .") === sideOf(". . . a pretentious mess . . ."));
 * ```
 */
export function sideOf(text: string): Side {
  const key = text.replace(/[^a-z0-9]/g, "");
  const bucket = createHash("sha256").update(key).digest().readUInt32BE(0) % 10;
  return bucket < 8 ? "train" : bucket === 8 ? "validation" : "test";
}

/** All 10,662 sentences in the file's order: negatives first. */
export async function readPolarity(): Promise<Example[]> {
  const lines = gunzipSync(await readFile(data)).toString("utf8").trimEnd().split("\n");
  return lines.map((line) => {
    const [label, text] = line.split("\t") as [Example["label"], string];
    return { text, label, side: sideOf(text) };
  });
}
