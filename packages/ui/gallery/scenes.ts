/**
 * What the gallery shows: explanations of the embedded checkpoints, made here and now by the engine of the command line.
 *
 * @module
 */
import { openEngine } from "../../cli/src/open.ts";
import type { ExplainRequestInput, Explanation } from "@hyaline/core/result";
import type { Method } from "../src/views/mod.ts";

const film = { text: "A moving, funny and beautifully acted film." };
const store = { text: "When Mary and John went to the store, John gave a drink to" };
const of = (...ids: string[]) => ids.map((id) => ({ id }));

/** Requests by the name of the picture they make. */
export const requests = {
  text: { input: film, methods: [{ id: "lrp" }, { id: "attention", options: { view: "matrix" } }] },
  comparison: { input: film, methods: of("lrp", "integrated-gradients", "occlusion", "attention-rollout") },
  contrast: {
    model: "ioi-lm",
    input: store,
    methods: of("lrp"),
    target: { label: "Mary", foil: "John" },
  },
  layers: { input: film, methods: [{ id: "lrp", options: { at: "hidden-states" } }] },
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
  estimates: { input: film, methods: of("shapley-sampling") },
  generated: {
    model: "ioi-lm",
    input: { text: "When Mary and John went to the store," },
    methods: of("lrp"),
    target: { span: " John gave a drink to Mary", each: true },
  },
} satisfies Record<string, ExplainRequestInput>;

export type SceneName = keyof typeof requests;

/** All of them, and what manifests say of the methods. */
export async function scenes(): Promise<{ explained: Record<SceneName, Explanation[]>; methods: Method[] }> {
  const engine = await openEngine({ offline: true, brief: true });
  try {
    const progress = { signal: new AbortController().signal, progress() {} };
    const explained: Partial<Record<SceneName, Explanation[]>> = {};
    for (const [name, request] of Object.entries(requests)) {
      explained[name as SceneName] = [...await engine.explain(request as ExplainRequestInput, progress)];
    }
    return {
      explained: explained as Record<SceneName, Explanation[]>,
      methods: engine.methods().map(({ entry }) => entry),
    };
  } finally {
    await engine.close();
  }
}
