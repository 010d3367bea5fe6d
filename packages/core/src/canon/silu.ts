/**
 * SiLU and the sigmoid form of GELU: x σ(αx).
 *
 * @module
 */
import { near } from "./algebra.ts";
import { because, type Canonicaliser } from "./canonicaliser.ts";
import { Draft } from "./draft.ts";
import { selfGated } from "./self_gated.ts";

/** x σ(αx) → Silu(x); α is 1 for SiLU (swish), 1.702 for QuickGELU. */
export const silu: Canonicaliser = {
  name: "silu",
  summary: "x σ(αx) → Silu(x)",
  at: ["Mul"],
  rewrite(node, scene) {
    const found = selfGated(scene, node, (factor) => scene.made(factor, "Sigmoid"));
    if (!found) return undefined;
    const [shift, alpha, ...higher] = found.inner;
    if (shift !== 0 || higher.some((c) => c !== 0)) {
      return because("the argument of Sigmoid is no multiple of x", found.core);
    }
    if (!near(found.constant, 1)) return because(`the factor is ${found.constant}, not 1`, found.core);
    const draft = new Draft(node, scene, found);
    return draft.ends(draft.op("hyaline.Silu", [found.x], alpha === 1 ? {} : { alpha: alpha! }));
  },
};

/** Opset 24's Swish → Silu. */
export const swish: Canonicaliser = {
  name: "swish",
  summary: "Swish(x) → Silu(x)",
  at: ["Swish"],
  rewrite(node, scene) {
    const alpha = (node.attributes["alpha"] as number | undefined) ?? 1, draft = new Draft(node, scene);
    return draft.ends(draft.op("hyaline.Silu", [node.inputs[0]!], alpha === 1 ? {} : { alpha }));
  },
};
