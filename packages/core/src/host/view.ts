/**
 * What each explainer is handed: of everything one forward pass gave, the part its manifest asks for, for one target.
 *
 * @module
 */
import { size, type Tensor } from "../graph/tensor.ts";
import type { Composite } from "../lrp/composite.ts";
import type { Evidence, NumberArray, Relevances } from "../plugin/evidence.ts";
import type { Need } from "../plugin/need.ts";
import type { Program } from "../program/program.ts";
import { array, beside, floats, less, placed, rowProducts, rowsOf, stacked, unbatched } from "./arrays.ts";
import { totals } from "./ledger.ts";
import type { Shaped } from "./model.ts";
import { type Depth, isGradient, isRelevance, type PlacedSource } from "./plan.ts";
import type { Attention, Structure } from "./structure.ts";
import { pointsOf } from "./sublayers.ts";
import type { ResolvedTarget } from "./target.ts";

/** The messages of one composite. */
export interface Carried {
  readonly composite: Composite;
  readonly depths: ReadonlySet<Depth>;
  readonly program: Program;
  /** The program's outputs for this target. */
  readonly found: ReadonlyMap<string, Tensor>;
}

export interface ViewRequest {
  readonly shaped: Shaped;
  readonly sources: readonly PlacedSource[];
  readonly attentions: readonly Attention[];
  readonly logits: Tensor;
  readonly resolved: ResolvedTarget;
  /** Forward values by tensor. */
  readonly values: ReadonlyMap<string, Tensor>;
  /** Plain gradients by tensor. */
  readonly gradients: ReadonlyMap<string, Tensor>;
  /** The last hidden state, where its gradient tells which position is read. */
  readonly reading: string | undefined;
  readonly relevant: ReadonlyMap<string, Carried>;
}

/** Evidence that the host adds: tokens, words, target and path. */
export type Picked = Omit<Evidence, "tokens" | "target" | "words" | "path">;

/** A function from needs to evidence. */
export function viewOf(
  { shaped, sources, attentions, logits, resolved, values, gradients, reading, relevant }: ViewRequest,
): (needs: readonly Need[]) => Picked {
  const total = sources.reduce((sum, source) => sum + source.positions, 0);
  const zeros = (name: string): Tensor => ({
    dtype: "float32",
    dims: shaped.types.get(name)!.dims,
    data: new Float32Array(size(shaped.types.get(name)!.dims)),
  });
  const byToken = (of: (name: string) => Tensor): NumberArray =>
    stacked(sources.map((source) => beside(source.tensors.map((name) => rowsOf(of(name), source.channels)))));
  const byLayer = (of: (name: string) => Tensor): NumberArray[] =>
    sources.flatMap((source) =>
      source.structure.hidden.map(({ tensor }) => placed(rowsOf(of(tensor), "last"), { before: source.before, total }))
    );
  const valueOf = (name: string): Tensor => values.get(name)!;
  const gradientOf = (name: string): Tensor => gradients.get(name) ?? zeros(name);

  const relevancesOf = ({ composite, depths, program, found }: Carried): Relevances => {
    const messageOf = (name: string): Tensor => {
      const held = program.cotangents.get(name);
      return held === undefined ? zeros(name) : found.get(held)!;
    };
    const tokens = rowProducts(byToken(valueOf), byToken(messageOf));
    /** Σ_c t ⊙ g at a tensor with one row a token. */
    const at = (name: string, { before }: PlacedSource): NumberArray => {
      const of = (read: (name: string) => Tensor) => placed(rowsOf(read(name), "last"), { before, total });
      return rowProducts(of(valueOf), of(messageOf));
    };
    const rows = (parts: readonly NumberArray[]): NumberArray =>
      array([parts.length, total], Float32Array.from(parts.flatMap(({ data }) => [...data])));
    const layersOf = (): NumberArray =>
      rows(sources.flatMap((source) => source.structure.hidden.map(({ tensor }) => at(tensor, source))));
    const sublayersOf = (): NonNullable<Relevances["sublayers"]> => {
      const placed = sources.flatMap((source) => pointsOf(source.structure).map((point) => ({ source, point })));
      return {
        points: placed.map(({ source: { name }, point: { of: _, ...point } }) =>
          sources.length > 1 ? { source: name, ...point } : point
        ),
        relevance: rows(
          placed.map(({ source, point: { of: [first, ...others] } }) =>
            others.map((name) => at(name, source)).reduce(less, at(first, source))
          ),
        ),
      };
    };
    return {
      tokens,
      ...(depths.has("hidden-states") ? { layers: layersOf() } : {}),
      ...(depths.has("sublayers") ? { sublayers: sublayersOf() } : {}),
      ...(composite.conserves
        ? { ledger: totals(program, found, { seed: resolved.seed, logits, tokens, precision: precisionOf(shaped) }) }
        : {}),
    };
  };
  const owner = reading && sources.find(({ structure }) => structure.hidden.at(-1)?.tensor === reading);
  const readingPosition = owner && gradients.has(reading)
    ? onlyRow(rowsOf(gradients.get(reading)!, "last"), owner.before)
    : undefined;

  return (needs) => {
    const asks = (name: string): boolean => needs.includes(name as Need),
      places = new Set(needs.filter(isGradient).map(({ gradients: place }) => place));
    const layers = sources.flatMap(({ structure, name }) =>
      structure.hidden.map((layer, k) => ({
        index: layer.index,
        name: sources.length > 1 ? `${name} ${k}: ${layer.name}` : layer.name,
      }))
    );
    const wanted = needs.find(isRelevance);
    return {
      ...(readingPosition === undefined ? {} : { readingPosition }),
      ...(asks("embeddings") || places.has("embeddings") ? { embeddings: byToken(valueOf) } : {}),
      ...(asks("logits") ? { logits: array([logits.dims.at(-1)!], logitsRow(logits, resolved)) } : {}),
      ...(asks("hidden-states") || places.has("hidden-states") || wanted?.at === "hidden-states" ? { layers } : {}),
      ...(asks("hidden-states") ? { hiddenStates: byLayer(valueOf) } : {}),
      ...(asks("attentions") || places.has("attentions")
        ? { attentionInfo: attentions.map(({ layer, name, kind, from, to }) => ({ layer, name, kind, from, to })) }
        : {}),
      ...(asks("attentions") ? { attentions: attentions.map(({ weights }) => unbatched(valueOf(weights))) } : {}),
      ...(asks("projections") && attentions.every(({ query, key, value }) => query && key && value)
        ? { projections: projectionsOf(attentions, valueOf) }
        : {}),
      ...(places.size
        ? {
          gradients: {
            ...(places.has("embeddings") ? { embeddings: byToken(gradientOf) } : {}),
            ...(places.has("hidden-states") ? { hiddenStates: byLayer(gradientOf) } : {}),
            ...(places.has("attentions")
              ? { attentions: attentions.map(({ weights }) => unbatched(gradientOf(weights))) }
              : {}),
          },
        }
        : {}),
      ...(wanted ? { relevances: relevancesOf(relevant.get(wanted.relevances)!) } : {}),
    };
  };
}

/** Half precision and integers close their books less tightly than float32. */
const precisionOf = (shaped: Shaped): "float32" | "reduced" =>
  shaped.graph.nodes.some(({ quantised }) => quantised) ||
    [...shaped.graph.constants.values()].some(({ dtype }) => dtype === "float16")
    ? "reduced"
    : "float32";

function logitsRow(logits: Tensor, { target }: ResolvedTarget): Float32Array {
  const width = logits.dims.at(-1)!, from = (target.position ?? 0) * width;
  return floats(logits).slice(from, from + width);
}

/** The one position a gradient is not zero at, if there is just one. */
function onlyRow({ shape, data }: NumberArray, before: number): number | undefined {
  const [height, width] = shape as [number, number];
  const norms = Array.from(
    { length: height },
    (_, r) => data.subarray(r * width, (r + 1) * width).reduce((sum, v) => sum + v * v, 0),
  );
  const top = Math.max(...norms), live = norms.map((norm, r) => ({ norm, r })).filter(({ norm }) => norm > 1e-12 * top);
  return top > 0 && live.length === 1 ? before + live[0]!.r : undefined;
}

function projectionsOf(
  attentions: readonly Structure["attentions"][number][],
  valueOf: (name: string) => Tensor,
): NonNullable<Evidence["projections"]> {
  return attentions.map(({ query, key, value, scale }) => {
    const q = unbatched(valueOf(query!.tensor)),
      v = unbatched(valueOf(value!.tensor)),
      k = unbatched(valueOf(key!.tensor));
    return { query: q, key: key!.transposed ? swapLast(k) : k, value: v, scale };
  });
}

/** `[…, a, b]` as `[…, b, a]`. */
function swapLast({ shape, data }: NumberArray): NumberArray {
  const rows = shape.at(-2)!, columns = shape.at(-1)!, turned = new Float32Array(data.length);
  for (let block = 0; block < data.length; block += rows * columns) {
    for (let r = 0; r < rows; r++) {
      for (let c = 0; c < columns; c++) turned[block + c * rows + r] = data[block + r * columns + c]!;
    }
  }
  return array([...shape.slice(0, -2), columns, rows], turned);
}
