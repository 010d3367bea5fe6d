/**
 * What the needs of all explainers together ask of a model: which programs to compile, and which forward values to look at.
 *
 * @module
 */
import { failure, pastAttention } from "../errors.ts";
import { size } from "../graph/tensor.ts";
import { type Composite, composites as builtIn } from "../lrp/composite.ts";
import type { Need } from "../plugin/need.ts";
import type { Model, Runnable, Shaped } from "./model.ts";
import type { Source } from "./sources.ts";
import { type Attention, type Structure, structureOf } from "./structure.ts";
import { pointsOf } from "./sublayers.ts";

type Place = "embeddings" | "hidden-states" | "attentions";
/** Where relevance is looked at beside the tokens. */
export type Depth = "hidden-states" | "sublayers";

/** A source with its place among the tokens of all sources. */
export interface PlacedSource extends Source {
  readonly before: number;
  readonly positions: number;
  readonly structure: Structure;
}

/** Programs by purpose, and the forward values explainers look at. */
export interface Plan {
  readonly sources: readonly PlacedSource[];
  readonly attentions: readonly Attention[];
  /** Plain gradients at every place asked for. */
  readonly gradient?: Runnable;
  /** The gradient at the embeddings for one target, run again along a path. */
  readonly path?: Runnable;
  readonly reading: string | undefined;
  readonly relevant: ReadonlyMap<
    string,
    { readonly composite: Composite; readonly depths: ReadonlySet<Depth>; readonly runnable: Runnable }
  >;
  /** Values the file gives as floats, and a program for those it does not. */
  readonly direct: readonly string[];
  readonly recompute?: Runnable;
}

export const isRelevance = (need: Need): need is Extract<Need, { relevances: string }> =>
  typeof need === "object" && "relevances" in need;
export const isGradient = (need: Need): need is Extract<Need, { gradients: string }> =>
  typeof need === "object" && "gradients" in need;
const isPath = (need: Need): need is Extract<Need, { path: string }> => typeof need === "object" && "path" in need;

/** Positions of a source: the size of what is explained without its channels. */
export function positionsOf({ tensors, channels }: Source, types: Shaped["types"]): number {
  const dims = types.get(tensors[0]!)!.dims, width = channels === "last" ? dims.at(-1)! : dims[1]!;
  return size(dims) / Math.max(1, width);
}

/** Sources with their structure and their place in the list of all tokens. */
export function placeSources(shaped: Shaped): PlacedSource[] {
  let before = 0;
  return shaped.sources.map((source) => {
    const positions = positionsOf(source, shaped.types), start = before;
    before += positions;
    return {
      ...source,
      before: start,
      positions,
      structure: structureOf(shaped, { source, sources: shaped.sources, target: shaped.target, positions }),
    };
  });
}

/** Whether queries look at more keys than there are tokens: those of past states. */
function seesPast({ kind, weights }: Attention, { types }: Shaped): boolean {
  const [queries, keys] = types.get(weights)!.dims.slice(-2);
  return kind === "self" && queries !== keys;
}

/** @throws UNKNOWN_COMPOSITE naming those there are */
function compositeOf(id: string, more: ReadonlyMap<string, Composite> | undefined): Composite {
  const found = more?.get(id) ?? builtIn.get(id);
  if (found) return found;
  throw failure({
    code: "UNKNOWN_COMPOSITE",
    message: `There is no composite "${id}"`,
    hint: `There are ${[...builtIn.keys(), ...(more?.keys() ?? [])].join(", ")}`,
  });
}

/**
 * Compiles everything the needs ask for.
 *
 * @throws MISSING_EVIDENCE where attention is asked for that looks at past states
 * @param targets how many targets share one backward pass
 */
export async function planFor({ model, shaped, needs, composites, targets, given }: {
  model: Model;
  shaped: Shaped;
  needs: readonly Need[];
  composites?: ReadonlyMap<string, Composite>;
  targets: number;
  /** Whether a tensor is a model input. */
  given(tensor: string): boolean;
}): Promise<Plan> {
  const sources = placeSources(shaped), embeddings = sources.flatMap(({ tensors }) => tensors);
  const hidden = sources.flatMap(({ structure }) => structure.hidden.map(({ tensor }) => tensor));
  const attentions = [
    ...new Map(sources.flatMap(({ structure }) => structure.attentions.map((a) => [a.weights, a] as const))).values(),
  ];
  const at: Record<Place, readonly string[]> = {
    embeddings,
    "hidden-states": hidden,
    attentions: attentions.map(({ weights }) => weights),
  };
  const wants = (name: string): boolean => needs.includes(name as Need), plain = builtIn.get("gradient")!;
  const looks = wants("attentions") || wants("projections") ||
    needs.some((need) => isGradient(need) && need.gradients === "attentions");
  if (looks && attentions.some((attention) => seesPast(attention, shaped))) throw pastAttention();

  const reading = wants("attentions") || wants("hidden-states") ? hidden.at(-1) : undefined;
  const places = new Set<Place>(needs.filter(isGradient).map(({ gradients }) => gradients));
  const gradientAt = [...new Set([...[...places].flatMap((place) => at[place]), ...(reading ? [reading] : [])])];
  const gradient = gradientAt.length
    ? await model.program(shaped, { composite: plain, at: gradientAt, seeds: targets })
    : undefined;
  const path = needs.some(isPath) ? await model.program(shaped, { composite: plain, at: embeddings }) : undefined;
  const tensorsAt: Record<Depth, readonly string[]> = {
    "hidden-states": hidden,
    sublayers: sources.flatMap(({ structure }) => pointsOf(structure).flatMap(({ of }) => of)),
  };
  const relevant = new Map<string, { composite: Composite; depths: Set<Depth>; runnable: Runnable }>();
  for (const { relevances: id, at: place } of needs.filter(isRelevance)) {
    const depths = new Set(relevant.get(id)?.depths), composite = compositeOf(id, composites);
    if (place !== "embeddings") depths.add(place as Depth);
    const points = [...new Set([...embeddings, ...[...depths].flatMap((depth) => tensorsAt[depth])])];
    relevant.set(id, {
      composite,
      depths,
      runnable: await model.program(shaped, { composite, at: points, ledger: composite.conserves, seeds: targets }),
    });
  }

  const projections = wants("projections")
    ? attentions.flatMap(({ query, key, value }) => [query, key, value].flatMap((p) => (p ? [p.tensor] : [])))
    : [];
  const deep = new Set([...relevant.values()].flatMap(({ depths }) => [...depths]));
  if (wants("hidden-states")) deep.add("hidden-states");
  const seen = [
    ...new Set([
      ...embeddings,
      ...[...deep].flatMap((depth) => tensorsAt[depth]),
      ...(wants("attentions") ? at.attentions : []),
      ...projections,
    ]),
  ];
  const asFloats = (name: string): boolean =>
    (model.graph.inFile.has(name) || given(name)) && shaped.types.get(name)?.dtype === "float32";
  const derived = seen.filter((name) => !asFloats(name)),
    recompute = derived.length ? await model.program(shaped, { composite: plain, at: [], values: derived }) : undefined;
  return {
    sources,
    attentions,
    reading,
    relevant,
    direct: seen.filter(asFloats),
    ...(gradient ? { gradient } : {}),
    ...(path ? { path } : {}),
    ...(recompute ? { recompute } : {}),
  };
}
