/** A golden checkpoint: a tiny model with torch's own answers beside it. `scripts/` makes them. */
import type { Backing } from "@hyaline/core";
import { backingOf } from "@hyaline/core/node";
import { readFile } from "node:fs/promises";
import { join } from "node:path";

/** Torch's answers for one embedding look-up, a number a token. */
export interface GoldenSource {
  readonly shape: readonly number[];
  readonly x_times_g: readonly number[];
  readonly g_l2: readonly number[];
  /** What errors of `x_times_g` are compared against: where a norm follows the embeddings at once, it is zero but for rounding. */
  readonly scale?: number;
  readonly attnlrp?: readonly number[];
  readonly cplrp?: readonly number[];
}

export interface GoldenCase {
  readonly family: string;
  readonly exporter: string;
  readonly variant: string | null;
  readonly exact: boolean;
  readonly file?: string;
  readonly encoder?: { readonly file: string };
  /** Token ids of a model exported as two files: the joined model computes the hidden states itself. */
  readonly all_inputs?: Readonly<Record<string, number[][]>>;
  readonly inputs: Readonly<Record<string, { dtype: string; dims: number[]; data: number[] }>>;
  readonly target: { readonly index: readonly number[]; readonly value: number };
  readonly sources: readonly GoldenSource[];
  readonly tolerance: {
    readonly metric: "max-relative" | "cosine";
    readonly gradient: number;
    readonly lrp: number;
    readonly ledger: number;
  };
}

/** A case with its files at hand. */
export interface LoadedCase {
  readonly name: string;
  readonly golden: GoldenCase;
  readonly model: Uint8Array;
  /** The same file, to be read again. */
  readonly backing: Backing;
  /** The encoder's file of a model exported as two. */
  readonly encoder?: Uint8Array;
  /** External data, by the name the model gives it. */
  readonly external: ReadonlyMap<string, Uint8Array>;
}

/** Reads one case folder: `case.json`, `onnx/<file>` and what lies beside it. */
export async function readCase(folder: string, name: string): Promise<LoadedCase> {
  const golden = JSON.parse(await readFile(join(folder, name, "case.json"), "utf8")) as GoldenCase,
    file = golden.file ?? "model.onnx";
  const path = join(folder, name, "onnx", file), external = new Map<string, Uint8Array>();
  for (const beside of [`${file}.data`, `${file}_data`]) {
    const bytes = await readFile(join(folder, name, "onnx", beside)).catch(() => undefined);
    if (bytes) external.set(beside, new Uint8Array(bytes));
  }
  const encoder = golden.encoder && new Uint8Array(await readFile(join(folder, name, "onnx", golden.encoder.file)));
  const backing = backingOf(path)!;
  return { name, golden, model: backing.whole(), backing, external, ...(encoder ? { encoder } : {}) };
}
