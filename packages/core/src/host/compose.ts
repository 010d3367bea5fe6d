/**
 * One explanation, complete: what the explainer returned and everything the host knows about how it came to be.
 *
 * @module
 */
import core from "../../package.json" with { type: "json" };
import type { Tensor } from "../graph/tensor.ts";
import { needOf } from "../plugin/need.ts";
import { type ExplainRequest, type Explanation, type Result, validate } from "../result/mod.ts";
import { plain } from "./inputs.ts";
import type { PlacedSource } from "./plan.ts";
import type { Reading } from "./reading.ts";
import type { Method } from "./registry.ts";
import type { Subject } from "./subject.ts";
import type { ResolvedTarget } from "./target.ts";

/** Version of @hyaline/core, written into every result. */
export const VERSION: string = core.version;

export interface Composition {
  readonly request: ExplainRequest;
  readonly subject: Subject;
  readonly reading: Reading;
  readonly sources: readonly PlacedSource[];
  readonly resolved: ResolvedTarget;
  readonly method: Method;
  readonly result: Result;
  readonly checks: Explanation["diagnostics"]["checks"];
  readonly passes: Explanation["diagnostics"]["passes"];
  readonly timing: Explanation["timing"];
  readonly tokens: Explanation["tokens"];
  readonly words: Explanation["words"];
}

/** @throws INVALID_EXPLANATION where an explainer returned what the schema does not allow */
export function composed(
  {
    request,
    subject,
    reading,
    sources,
    resolved,
    method: { entry, plugin, options },
    result,
    checks,
    passes,
    timing,
    tokens,
    words,
  }: Composition,
): Explanation {
  const composite = needOf(entry.needs, "relevances") ? String(options["composite"] ?? "") : "";
  const notes = [...(result.notes ?? []), ...reading.notes, ...(entry.notice ? [entry.notice] : [])];
  const several = sources.length > 1;
  const explanation = {
    schemaVersion: 1,
    type: result.type,
    explainer: { id: plugin.manifest.id, version: plugin.manifest.version },
    model: { id: subject.id, sha256: subject.sha256, opset: subject.model.opset, dtype: subject.dtype },
    target: resolved.target,
    predictions: resolved.predictions,
    method: { id: entry.id, ...(composite ? { composite } : {}), options },
    ...(reading.text === undefined ? {} : { text: reading.text }),
    ...(several
      ? {
        sources: sources.map(({ name }) => ({
          name,
          ...(reading.texts.get(name) === undefined ? {} : { text: reading.texts.get(name)! }),
        })),
      }
      : {}),
    tokens,
    ...(request.words && words ? { words } : {}),
    signed: result.signed,
    data: result.data,
    diagnostics: { ...(result.ledger ? { ledger: result.ledger } : {}), checks, passes, notes },
    inputs: Object.fromEntries([...reading.inputs].map(([name, tensor]: [string, Tensor]) => [name, plain(tensor)])),
    timing,
    provenance: {
      core: VERSION,
      runtime: subject.model.runtime.name,
      provider: subject.model.runtime.provider,
      executor: passes.backward ? subject.model.options.executor.id : "none",
      seed: request.seed,
    },
  };
  return validate(explanation);
}
