/**
 * What the gallery shows: explanations of the embedded checkpoints, made here and now by the engine of the command line.
 *
 * @module
 */
import { openEngine } from "../../cli/src/open.ts";
import type { ExplainRequestInput } from "@hyaline/core/result";
import type { Scene } from "./gallery.tsx";

const film = { text: "A moving, funny and beautifully acted film." };
const store = { text: "When Mary and John went to the store, John gave a drink to" };
const of = (...ids: string[]) => ids.map((id) => ({ id }));

/** Requests by the name of the picture they make. */
export const requests = {
  text: { input: film, methods: of("lrp") },
  comparison: {
    input: film,
    methods: [
      ...of("lrp"),
      { id: "integrated-gradients", options: { steps: 20 } },
      ...of("occlusion", "attention-rollout"),
    ],
  },
  contrast: {
    model: "ioi-lm",
    input: store,
    methods: of("lrp"),
    target: { label: "Mary", foil: "John" },
  },
  layers: { input: film, methods: [{ id: "lrp", options: { at: "hidden-states" } }] },
  architecture: { input: film, methods: [{ id: "lrp", options: { at: "sublayers" } }] },
  heads: {
    model: "ioi-lm",
    input: store,
    methods: [{ id: "attention", options: { view: "grid", layer: "all", head: "all" } }],
  },
  matrix: { input: film, methods: [{ id: "attention", options: { view: "matrix" } }] },
  walkthrough: { input: { text: "I love programming" }, methods: of("attention-walkthrough") },
  spans: {
    input: { text: "The plot is thin. The actors are wonderful. I would see it again." },
    methods: [{ id: "occlusion", options: { unit: "sentence" } }],
  },
  estimates: { input: film, methods: [{ id: "shapley-sampling", options: { budget: 60 } }] },
  deletion: { input: film, methods: [{ id: "deletion-curve", options: { draws: 4 } }] },
  path: { input: film, methods: [{ id: "integrated-gradients", options: { view: "path", steps: 20 } }] },
  generated: {
    model: "ioi-lm",
    input: { text: "When Mary and John went to the store," },
    methods: of("lrp"),
    target: { span: " John gave a drink to Mary", each: true },
  },
} satisfies Record<string, ExplainRequestInput>;

export type SceneName = keyof typeof requests | "pairs";

/** All of them. */
export async function scenes(): Promise<Readonly<Record<SceneName, Scene>>> {
  const engine = await openEngine({ offline: true, brief: true });
  const work = { signal: new AbortController().signal, progress() {} };
  try {
    const methods = engine.methods().map(({ entry }) => entry), found: Partial<Record<SceneName, Scene>> = {};
    for (const [name, request] of Object.entries(requests)) {
      const explanations = await engine.explain(request as ExplainRequestInput, work);
      found[name as SceneName] = { explanations, methods };
    }
    const asked = found as Record<keyof typeof requests, Scene>;
    const inspection = await engine.inspect({ model: "sentiment-en", length: 16 }, work);
    return {
      ...asked,
      pairs: { ...asked.text, added: asked.matrix.explanations },
      architecture: { ...asked.architecture, inspection },
    };
  } finally {
    await engine.close();
  }
}
