/**
 * Class activation maps over tokens. H `[T, d]` are a layer's states, G = ∂y/∂H, α_c a channel's weight; every map is
 * before the final ReLU's scaling: `[T]`, not negative.
 *
 * @module
 */
import type { NumberArray } from "@hyaline/core/plugin";
import { dot, products, row } from "../shared/channels.ts";

/** What a map is made of, and which tokens take part in the mean over tokens. */
export interface Layer {
  readonly states: NumberArray;
  readonly gradients: NumberArray;
  readonly averaged: readonly boolean[];
}

type Cam = (layer: Layer) => Float64Array;

const relu = (x: number): number => Math.max(0, x);
const rows = <T>({ states: { shape: [T] } }: Layer, each: (t: number) => T): T[] =>
  Array.from({ length: T! }, (_, t) => each(t));

/** Σ_t over the averaged tokens of what `each` gives for a token and channel. `[d]` */
function over(layer: Layer, each: (h: number, g: number, c: number) => number): Float64Array {
  const { states, gradients, averaged } = layer, total = new Float64Array(states.shape[1]!);
  averaged.forEach((taken, t) => {
    if (!taken) return;
    const h = row(states, t), g = row(gradients, t);
    for (let c = 0; c < total.length; c++) total[c]! += each(h[c]!, g[c]!, c);
  });
  return total;
}

/** ReLU(Σ_c α_c H_tc). */
const weighted = (layer: Layer, alpha: Float64Array): Float64Array =>
  Float64Array.from(rows(layer, (t) => relu(dot(alpha, row(layer.states, t)))));

/** Selvaraju et al. 2017: α_c = mean_t G_tc. */
const gradcam: Cam = (layer) => {
  const count = layer.averaged.filter(Boolean).length;
  return weighted(layer, over(layer, (_, g) => g / count));
};

/** Draelos & Carin 2020, HiResCAM: ReLU(Σ_c G_tc H_tc), no mean at all. */
const hires: Cam = ({ states, gradients }) => products(states, gradients).map(relu);

/** Jiang et al. 2021, LayerCAM: ReLU(Σ_c ReLU(G_tc) H_tc). */
const layer: Cam = ({ states, gradients }) =>
  products(states, { ...gradients, data: gradients.data.map(relu) }).map(relu);

/** Fu et al. 2020, XGrad-CAM: α_c = Σ_t G_tc H_tc / (Σ_t H_tc + 1e-7). */
const xgrad: Cam = (layer) => {
  const mass = over(layer, (h) => h);
  return weighted(layer, over(layer, (h, g, c) => (g * h) / (mass[c]! + 1e-7)));
};

/** Chattopadhay et al. 2018, Grad-CAM++: a_tc = G² / (2G² + G³ Σ_t H_tc + 1e-6), α_c = Σ_t a_tc ReLU(G_tc). */
const plusplus: Cam = (layer) => {
  const mass = over(layer, (h) => h);
  return weighted(
    layer,
    over(layer, (_, g, c) => (g === 0 ? 0 : (g ** 2 / (2 * g ** 2 + mass[c]! * g ** 3 + 1e-6)) * relu(g))),
  );
};

/** The maps, by the option that names them. */
export const cams: Readonly<Record<string, Cam>> = { gradcam, hires, layer, xgrad, plusplus };

/** Divides by the largest entry: [0, 1], zero stays zero. */
export function toUnit(map: Float64Array): Float64Array {
  const most = map.reduce((a, b) => Math.max(a, b), 0);
  return most > 0 ? map.map((x) => x / most) : map;
}
