/**
 * The explainers that come with Hyaline: the one list of them. Manifests are read without running a plugin's code; modules are
 * loaded when an explainer is first used, and stand here as static paths so that bundlers find them.
 *
 * @module
 */
import { type InstalledPlugin, manifestSchema } from "@hyaline/core";
import { pluginBroken } from "@hyaline/core/errors";
import type { Plugin } from "@hyaline/core/plugin";
import attention from "./attention/explainer.json" with { type: "json" };
import deletionCurve from "./deletion-curve/explainer.json" with { type: "json" };
import gradCam from "./grad-cam/explainer.json" with { type: "json" };
import gradients from "./gradients/explainer.json" with { type: "json" };
import lime from "./lime/explainer.json" with { type: "json" };
import lrp from "./lrp/explainer.json" with { type: "json" };
import occlusion from "./occlusion/explainer.json" with { type: "json" };
import shap from "./shap/explainer.json" with { type: "json" };
import shapleySampling from "./shapley-sampling/explainer.json" with { type: "json" };

/** A plugin that comes with Hyaline. */
export interface BuiltIn {
  /** As its author wrote it: the host checks it as it checks a stranger's. */
  readonly manifest: unknown;
  readonly load: () => Promise<{ readonly default: Plugin }>;
}

/** In the order in which methods are listed. */
export const builtIns: readonly BuiltIn[] = [
  { manifest: lrp, load: () => import("./lrp/mod.ts") },
  { manifest: gradCam, load: () => import("./grad-cam/mod.ts") },
  { manifest: attention, load: () => import("./attention/mod.ts") },
  { manifest: gradients, load: () => import("./gradients/mod.ts") },
  { manifest: occlusion, load: () => import("./occlusion/mod.ts") },
  { manifest: shap, load: () => import("./shap/mod.ts") },
  { manifest: shapleySampling, load: () => import("./shapley-sampling/mod.ts") },
  { manifest: lime, load: () => import("./lime/mod.ts") },
  { manifest: deletionCurve, load: () => import("./deletion-curve/mod.ts") },
];

/** The built-ins as the host takes them. A plugin's module is loaded when one of its explainers is first run. */
export const builtInPlugins = (): InstalledPlugin[] =>
  builtIns.map(({ manifest, load }) => {
    const known = manifestSchema.parse(manifest);
    let module: ReturnType<typeof load> | undefined;
    return {
      manifest: known,
      async run(id, evidence, options, context) {
        const explain = (await (module ??= load())).default[id];
        if (!explain) throw pluginBroken(known.id, `it has no function "${id}"`);
        return explain(evidence, options as never, context);
      },
    };
  });
