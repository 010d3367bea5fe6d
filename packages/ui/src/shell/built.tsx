/**
 * How the model on the page is built, read when somebody wants to see it, with the relevance that passes its blocks.
 *
 * @module
 */
import { useEffect, useState } from "preact/hooks";
import type { Inspection } from "@hyaline/core";
import type { ExplanationOf } from "@hyaline/core/result";
import type { MethodInfo } from "../engine/engine.ts";
import type { Shown } from "../state/asking.ts";
import { engine, methods } from "../state/engines.ts";
import { requestFor } from "../state/question.ts";
import { t } from "../strings/mod.ts";
import { Architecture } from "../views/mod.ts";
import { Failure } from "./state_line.tsx";

type Grid = ExplanationOf<"layer-head-grid">;
interface Built {
  readonly inspection: Inspection;
  readonly relevance?: Grid | undefined;
}

/** The first method that scores tokens inside the layers, or else at each of them, with the option that asks for it. */
function inside(list: readonly MethodInfo[]): { id: string; options: Record<string, string> } | undefined {
  for (const depth of ["sublayers", "hidden-states"]) {
    for (const { id, options } of list) {
      const properties = Object.entries((options["properties"] ?? {}) as Record<string, { enum?: unknown[] }>);
      const at = properties.find(([, { enum: choices }]) => choices?.includes(depth));
      if (at) return { id, options: { [at[0]]: depth } };
    }
  }
  return undefined;
}

/** Blocks, and the relevance that passes them where the model's operators have rules. */
async function ask({ question, explanations }: Shown): Promise<Built | undefined> {
  const inspection = await engine.value.inspect?.(question.model, explanations[0]?.tokens.length ?? 16);
  const method = inside(methods.value);
  if (!inspection || !method || inspection.missing.length) return inspection && { inspection };
  const request = requestFor({ ...question, said: "", methods: [method] }, question.text);
  const [found] = await engine.value.explain({ ...request, checks: false });
  return { inspection, ...(found?.type === "layer-head-grid" ? { relevance: found } : {}) };
}

export function HowBuilt({ shown }: { shown: Shown }) {
  const [open, setOpen] = useState(false), [built, setBuilt] = useState<Built | undefined>();
  const [problem, setProblem] = useState<unknown>();
  useEffect(() => {
    if (!open) return;
    let current = true;
    setProblem(undefined);
    ask(shown).then((found) => current && setBuilt(found), (error) => current && setProblem(error));
    return () => {
      current = false;
    };
  }, [open, shown]);
  if (!engine.value.inspect) return null;
  return (
    <details class="how-built" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{t.value.views.architecture}</summary>
      {problem ? <Failure found={problem} /> : null}
      {open && built
        ? (
          <div class="result">
            <Architecture
              built={built.inspection.architecture}
              labels={built.inspection.labels}
              relevance={built.relevance}
            />
          </div>
        )
        : null}
    </details>
  );
}
