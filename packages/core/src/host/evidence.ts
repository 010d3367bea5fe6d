/**
 * From needs to evidence: what every requested explainer asks for is united, compiled once, run once, and handed to each as it asked.
 *
 * @module
 */
import { failure } from "../errors.ts";
import { size, type Tensor } from "../graph/tensor.ts";
import { type Composite, composites as builtIn } from "../lrp/composite.ts";
import type { Evidence, NumberArray, Relevances } from "../plugin/evidence.ts";
import type { Need } from "../plugin/need.ts";
import type { Program } from "../program/program.ts";
import type { PreparedProgram } from "../runtime/executor.ts";
import { array, beside, floats, placed, rowProducts, rowsOf, stacked, unbatched } from "./arrays.ts";
import type { Inputs } from "./inputs.ts";
import { totals } from "./ledger.ts";
import type { Model, Shaped } from "./model.ts";
import type { Source } from "./sources.ts";
import { type Structure, structureOf } from "./structure.ts";
import type { ResolvedTarget } from "./target.ts";

type Runnable = { readonly program: Program; readonly prepared: PreparedProgram };
type Place = "embeddings" | "hidden-states" | "attentions";

/** A source with its place among the tokens of all sources. */
export interface PlacedSource extends Source {
  readonly before: number;
  readonly positions: number;
  readonly structure: Structure;
}

export interface GatherRequest {
  readonly model: Model;
  readonly shaped: Shaped;
  readonly inputs: Inputs;
  readonly needs: readonly Need[];
  /** Composites of plugins, by id; they win over the built-in ones. */
  readonly composites?: ReadonlyMap<string, Composite>;
  /** Chooses the target once the logits are known. */
  target(logits: Tensor): ResolvedTarget;
}

/** All evidence of one forward pass; `pick` gives each explainer what it declared. */
export interface Gathered {
  readonly resolved: ResolvedTarget;
  readonly logits: Tensor;
  readonly sources: readonly PlacedSource[];
  /** The embeddings of each source's tensors, by name: where a path starts. */
  readonly values: ReadonlyMap<string, Tensor>;
  /** The plain gradient at the embeddings, ready to run again on other taps. */
  readonly gradient?: Runnable;
  pick(needs: readonly Need[]): Omit<Evidence, "tokens" | "target" | "words" | "path">;
}

const isRelevance = (need: Need): need is Extract<Need, { relevances: string }> => typeof need === "object" && "relevances" in need;
const isGradient = (need: Need): need is Extract<Need, { gradients: string }> => typeof need === "object" && "gradients" in need;
const isPath = (need: Need): need is Extract<Need, { path: string }> => typeof need === "object" && "path" in need;

/** Sources with their structure and their place in the list of all tokens. */
export function placeSources(shaped: Shaped): PlacedSource[] {
  let before = 0;
  return shaped.sources.map((source) => {
    const dims = shaped.types.get(source.tensors[0]!)!.dims, width = source.channels === "last" ? dims.at(-1)! : dims[1]!;
    const positions = size(dims) / Math.max(1, width), start = before;
    before += positions;
    return { ...source, before: start, positions, structure: structureOf(shaped, { source, sources: shaped.sources, target: shaped.target, positions }) };
  });
}

/** @throws UNKNOWN_COMPOSITE naming those there are */
function compositeOf(id: string, more: ReadonlyMap<string, Composite> | undefined): Composite {
  const found = more?.get(id) ?? builtIn.get(id);
  if (found) return found;
  throw failure({ code: "UNKNOWN_COMPOSITE", message: `There is no composite "${id}"`, hint: `There are ${[...builtIn.keys(), ...(more?.keys() ?? [])].join(", ")}` });
}

/** Compiles, runs and collects. One forward pass, one backward pass per distinct composite. */
export async function gather(request: GatherRequest): Promise<Gathered> {
  const { model, shaped, inputs, needs } = request, sources = placeSources(shaped);
  const embeddings = sources.flatMap(({ tensors }) => tensors);
  const hidden = sources.flatMap(({ structure }) => structure.hidden.map(({ tensor }) => tensor));
  const attentions = [...new Map(sources.flatMap(({ structure }) => structure.attentions.map((a) => [a.weights, a] as const))).values()];
  const at: Record<Place, readonly string[]> = { embeddings, "hidden-states": hidden, attentions: attentions.map(({ weights }) => weights) };
  const wants = (name: string): boolean => needs.includes(name as Need);

  // What to carry back, and where to.
  const places = new Set<Place>(needs.filter(isGradient).map(({ gradients }) => gradients));
  if (needs.some(isPath)) places.add("embeddings");
  const reading = wants("attentions") || wants("hidden-states") ? hidden.at(-1) : undefined;
  const gradientAt = [...new Set([...[...places].flatMap((place) => at[place]), ...(reading ? [reading] : [])])];
  const gradient = gradientAt.length ? await model.program(shaped, { composite: builtIn.get("gradient")!, at: gradientAt }) : undefined;
  const relevant = new Map<string, { composite: Composite; layers: boolean; runnable: Runnable }>();
  for (const { relevances: id, at: place } of needs.filter(isRelevance)) {
    const layers = place === "hidden-states" || (relevant.get(id)?.layers ?? false), composite = compositeOf(id, request.composites);
    const points = layers ? [...new Set([...embeddings, ...hidden])] : embeddings;
    relevant.set(id, { composite, layers, runnable: await model.program(shaped, { composite, at: points, ledger: composite.conserves }) });
  }

  // Forward values explainers look at themselves: fetched where the file gives them as floats, else recomputed.
  const projections = wants("projections") ? attentions.flatMap(({ query, key, value }) => [query, key, value].flatMap((p) => (p ? [p.tensor] : []))) : [];
  const layered = wants("hidden-states") || [...relevant.values()].some(({ layers }) => layers);
  const seen = [...new Set([...embeddings, ...(layered ? hidden : []), ...(wants("attentions") ? at.attentions : []), ...projections])];
  const given = (name: string): boolean => (model.graph.inFile.has(name) || inputs.has(name)) && shaped.types.get(name)?.dtype === "float32";
  const direct = seen.filter(given), derived = seen.filter((name) => !given(name));
  const recompute = derived.length ? await model.program(shaped, { composite: builtIn.get("gradient")!, at: [], values: derived }) : undefined;
  const runnables = [gradient, recompute, ...[...relevant.values()].map(({ runnable }) => runnable)].filter((r) => r !== undefined);

  const fetches = [...new Set([shaped.target, ...direct, ...runnables.flatMap(({ program }) => program.taps)])];
  model.expect(fetches);
  const taps = await model.forward(inputs, fetches), logits = taps.get(shaped.target)!, resolved = request.target(logits);
  const carried = async (runnable: Runnable): Promise<ReadonlyMap<string, Tensor>> => await model.backward(runnable, taps, resolved.seed);
  const values = new Map<string, Tensor>(direct.map((name) => [name, taps.get(name)!]));
  if (recompute) {
    const found = await model.backward(recompute, taps);
    for (const [name, held] of recompute.program.values) values.set(name, found.get(held)!);
  }
  const gradients = new Map<string, Tensor>();
  if (gradient) {
    const found = await carried(gradient);
    for (const [name, held] of gradient.program.cotangents) gradients.set(name, found.get(held)!);
  }

  const total = sources.reduce((sum, source) => sum + source.positions, 0);
  const zeros = (name: string): Tensor => ({ dtype: "float32", dims: shaped.types.get(name)!.dims, data: new Float32Array(size(shaped.types.get(name)!.dims)) });
  const byToken = (of: (name: string) => Tensor): NumberArray => stacked(sources.map((source) => beside(source.tensors.map((name) => rowsOf(of(name), source.channels)))));
  const byLayer = (of: (name: string) => Tensor): NumberArray[] =>
    sources.flatMap((source) => source.structure.hidden.map(({ tensor }) => placed(rowsOf(of(tensor), "last"), { before: source.before, total })));
  const valueOf = (name: string): Tensor => values.get(name)!;
  const gradientOf = (name: string): Tensor => gradients.get(name) ?? zeros(name);

  const relevances = new Map<string, Relevances>();
  for (const [id, { composite, layers, runnable }] of relevant) {
    const found = await carried(runnable), messageOf = (name: string): Tensor => {
      const held = runnable.program.cotangents.get(name);
      return held === undefined ? zeros(name) : found.get(held)!;
    };
    const tokens = rowProducts(byToken(valueOf), byToken(messageOf));
    const perLayer = layers ? byLayer(valueOf).map((state, i) => rowProducts(state, byLayer(messageOf)[i]!)) : undefined;
    const ledger = composite.conserves ? totals(runnable.program, found, { seed: resolved.seed, logits, tokens, precision: precisionOf(shaped) }) : undefined;
    relevances.set(id, {
      tokens,
      ...(perLayer ? { layers: array([perLayer.length, total], Float32Array.from(perLayer.flatMap(({ data }) => [...data]))) } : {}),
      ...(ledger ? { ledger } : {}),
    });
  }

  const readingPosition = reading && gradients.has(reading) ? onlyRow(rowsOf(gradients.get(reading)!, "last"), sources.find(({ structure }) => structure.hidden.at(-1)?.tensor === reading)!.before) : undefined;
  return {
    resolved,
    logits,
    sources,
    values,
    ...(gradient && places.has("embeddings") ? { gradient } : {}),
    pick(own) {
      const asks = (name: string): boolean => own.includes(name as Need), grads = new Set(own.filter(isGradient).map(({ gradients: place }) => place));
      const layers = sources.flatMap(({ structure, name }) => structure.hidden.map((layer, k) => ({ index: layer.index, name: sources.length > 1 ? `${name} ${k}: ${layer.name}` : layer.name })));
      const wanted = own.find(isRelevance);
      return {
        ...(readingPosition === undefined ? {} : { readingPosition }),
        ...(asks("embeddings") || grads.has("embeddings") ? { embeddings: byToken(valueOf) } : {}),
        ...(asks("logits") ? { logits: array([resolved.seed.dims.at(-1)!], logitsRow(logits, resolved)) } : {}),
        ...(asks("hidden-states") || grads.has("hidden-states") || wanted?.at === "hidden-states" ? { layers } : {}),
        ...(asks("hidden-states") ? { hiddenStates: byLayer(valueOf) } : {}),
        ...(asks("attentions") || grads.has("attentions") ? { attentionInfo: attentions.map(({ layer, name, kind, from, to }) => ({ layer, name, kind, from, to })) } : {}),
        ...(asks("attentions") ? { attentions: attentions.map(({ weights }) => unbatched(valueOf(weights))) } : {}),
        ...(asks("projections") && attentions.every(({ query, key, value }) => query && key && value) ? { projections: projectionsOf(attentions, valueOf) } : {}),
        ...(grads.size ? {
          gradients: {
            ...(grads.has("embeddings") ? { embeddings: byToken(gradientOf) } : {}),
            ...(grads.has("hidden-states") ? { hiddenStates: byLayer(gradientOf) } : {}),
            ...(grads.has("attentions") ? { attentions: attentions.map(({ weights }) => unbatched(gradientOf(weights))) } : {}),
          },
        } : {}),
        ...(wanted ? { relevances: relevances.get(wanted.relevances)! } : {}),
      };
    },
  };
}

/** Half precision and integers close their books less tightly than float32. */
const precisionOf = (shaped: Shaped): "float32" | "reduced" =>
  shaped.graph.nodes.some(({ quantised }) => quantised) || [...shaped.graph.constants.values()].some(({ dtype }) => dtype === "float16") ? "reduced" : "float32";

function logitsRow(logits: Tensor, { target }: ResolvedTarget): Float32Array {
  const width = logits.dims.at(-1)!, from = (target.position ?? 0) * width;
  return floats(logits).slice(from, from + width);
}

/** The one position a gradient is not zero at, if there is just one. */
function onlyRow({ shape, data }: NumberArray, before: number): number | undefined {
  const [height, width] = shape as [number, number];
  const norms = Array.from({ length: height }, (_, r) => data.subarray(r * width, (r + 1) * width).reduce((sum, v) => sum + v * v, 0));
  const top = Math.max(...norms), live = norms.map((norm, r) => ({ norm, r })).filter(({ norm }) => norm > 1e-12 * top);
  return top > 0 && live.length === 1 ? before + live[0]!.r : undefined;
}

function projectionsOf(attentions: readonly Structure["attentions"][number][], valueOf: (name: string) => Tensor): NonNullable<Evidence["projections"]> {
  return attentions.map(({ query, key, value, scale }) => {
    const q = unbatched(valueOf(query!.tensor)), v = unbatched(valueOf(value!.tensor)), k = unbatched(valueOf(key!.tensor));
    return { query: q, key: key!.transposed ? swapLast(k) : k, value: v, scale };
  });
}

/** `[…, a, b]` as `[…, b, a]`. */
function swapLast({ shape, data }: NumberArray): NumberArray {
  const rows = shape.at(-2)!, columns = shape.at(-1)!, turned = new Float32Array(data.length);
  for (let block = 0; block < data.length; block += rows * columns) {
    for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) turned[block + c * rows + r] = data[block + r * columns + c]!;
  }
  return array([...shape.slice(0, -2), columns, rows], turned);
}
