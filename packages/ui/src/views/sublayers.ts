/**
 * Relevance inside the layers, read off a map whose rows say so: "1 attention", "1 past attention", "1 after attention".
 *
 * @module
 */
import type { ExplanationOf } from "@hyaline/core/result";

export interface RowName {
  /** Where a model has several: "encoder", "decoder". */
  readonly source: string;
  /** Counted from 1; 0 for what enters the first. */
  readonly layer: number;
  readonly way: "through" | "past" | "after";
  /** "attention", "feed-forward"; several where they work side by side, none where a layer is shown whole. */
  readonly kinds: readonly string[];
}

const named = /^(?:(\S+) )?(?:input|([1-9]\d*)(?: (?:(past|after) )?([a-z-]+(?: and [a-z-]+)*))?)$/;

/** What a row is; nothing for one named otherwise. */
export function rowName(label: string): RowName | undefined {
  const [all, source = "", layer = "0", way, kinds] = named.exec(label) ?? [];
  if (all === undefined) return undefined;
  return {
    source,
    layer: Number(layer),
    way: way === "past" || way === "after" ? way : kinds ? "through" : "after",
    kinds: kinds?.split(" and ") ?? [],
  };
}

/** One sub-layer, with sums over all tokens. */
export interface Passage {
  readonly source: string;
  readonly layer: number;
  readonly kind: string;
  /** What arrives after it, of which these went through and past. */
  readonly arrives: number;
  readonly through: number;
  /** Not told where another one beside it tells it already. */
  readonly past?: number;
  /** Arrives, and is not handed on to what lies before. */
  readonly kept?: number;
}

/** Sub-layers from the text on; none where the map's rows are layers. */
export function passagesOf(
  { data: { values, shape: [, width = 0], axes } }: ExplanationOf<"layer-head-grid">,
): Passage[] {
  const names = axes[0]!.labels?.map(rowName) ?? [], found: Passage[] = [];
  const sum = (row: number): number => values.slice(row * width, (row + 1) * width).reduce((a, b) => a + b, 0);
  let before: number | undefined, together: { row: number; name: RowName }[] = [], past = 0;
  for (const [row, name] of names.entries()) {
    if (!name) return [];
    if (name.way === "through") together.push({ row, name });
    else if (name.way === "past") past = sum(row);
    else {
      const arrives = sum(row), kept = before === undefined || name.layer === 0 ? undefined : arrives - before;
      found.push(...together.map(({ row, name: { source, layer, kinds: [kind = ""] } }, i): Passage => ({
        source,
        layer,
        kind,
        arrives,
        through: sum(row),
        ...(i === 0 ? { past, ...(kept === undefined ? {} : { kept }) } : {}),
      })));
      [before, together] = [arrives, []];
    }
  }
  return found;
}
