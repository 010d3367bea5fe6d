/**
 * Model, methods and question: each a line that says what is chosen, and opens.
 *
 * @module
 */
import { visible } from "@hyaline/core/render";
import type { ComponentChildren } from "preact";
import { part } from "../state/asking.ts";
import { methodsById } from "../state/engines.ts";
import { t } from "../strings/mod.ts";
import { MethodChoice, titleOf } from "./method_choice.tsx";
import { ModelChoice } from "./model_choice.tsx";
import { TargetChoice } from "./target_choice.tsx";

export function Choices() {
  const words = t.value.shell, methods = part.methods.value;
  const [model, target, foil, said] = [part.model.value, part.target.value, part.foil.value, part.said.value];
  const named = methods.map(({ id }) => methodsById.value.get(id)).map((method, i) =>
    method ? titleOf(method) : methods[i]!.id
  );
  const asked = said ? `${words.said} “${visible(said)}”` : visible(target.trim()) || words.whyHint;
  return (
    <div class="choices">
      <Choice title={words.model} chosen={visible(model)}>
        <ModelChoice />
      </Choice>
      <Choice
        title={words.methods}
        chosen={named.length > 2 ? words.several(named[0]!, named.length - 1) : named.join(", ")}
      >
        <MethodChoice />
      </Choice>
      <Choice title={words.target} chosen={foil.trim() ? words.against(asked, visible(foil)) : asked}>
        <TargetChoice />
      </Choice>
    </div>
  );
}

/** One line; the three open one at a time. */
function Choice({ title, chosen, children }: { title: string; chosen: string; children: ComponentChildren }) {
  return (
    <details name="choice" class="choice">
      <summary>
        <span class="quiet">{title}</span> <b>{chosen}</b>
      </summary>
      <div class="panel">{children}</div>
    </details>
  );
}
