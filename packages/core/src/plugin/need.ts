/**
 * What an explainer may ask for. Needs stand in the manifest, so the host knows what a plugin will see before its code runs;
 * a value that a person chooses is named by its option: `"$composite"`.
 *
 * @module
 */
import { z } from "zod";
import { unfilledNeed } from "../errors.ts";

const option = z.string().regex(/^\$[a-zA-Z][a-zA-Z0-9]*$/);
const place = z.enum(["embeddings", "hidden-states", "attentions"]);

export const needSchema = z.union([
  z.enum(["tokens", "embeddings", "logits", "hidden-states", "attentions", "projections"]),
  /** Derivatives of the target. */
  z.strictObject({ gradients: place }),
  /** Relevance by a composite (an id, or the option that names it), at the tokens alone, at every layer, or inside the layers too. */
  z.strictObject({
    relevances: z.string(),
    at: z.union([z.enum(["embeddings", "hidden-states", "sublayers"]), option]).default("embeddings"),
  }),
  /** The mean derivative along the straight line from a baseline to the input (integrated gradients). */
  z.strictObject({
    path: z.literal("embeddings"),
    steps: z.union([z.int().min(1).max(1000), option]),
    baseline: z.union([z.enum(["zero", "pad", "mask"]), option]),
  }),
  /** The model as a black box: at most this many evaluations. */
  z.strictObject({ predict: z.union([z.int().min(1), option]) }),
]);

/** A need as the manifest states it. */
export type Need = z.infer<typeof needSchema>;

/**
 * Puts the chosen options in place of `$option`.
 *
 * @throws INVALID_OPTIONS where an option's value is none the need can have
 * @example resolveNeed({ predict: "$budget" }, { budget: 100 }) gives { predict: 100 }
 */
export function resolveNeed(need: Need, options: Readonly<Record<string, unknown>>): Need {
  if (typeof need === "string") return need;
  const chosen = Object.fromEntries(
    Object.entries(need).map(([key, value]) =>
      typeof value === "string" && value.startsWith("$") ? [key, options[value.slice(1)]] : [key, value]
    ),
  );
  const { success, data } = needSchema.safeParse(chosen);
  if (!success) throw unfilledNeed(JSON.stringify(need), JSON.stringify(chosen));
  return data;
}

/** The first need of one kind. */
export const needOf = <K extends "gradients" | "relevances" | "path" | "predict">(
  needs: readonly Need[],
  kind: K,
): Extract<Need, Record<K, unknown>> | undefined =>
  needs.find((need): need is Extract<Need, Record<K, unknown>> => typeof need === "object" && kind in need);
