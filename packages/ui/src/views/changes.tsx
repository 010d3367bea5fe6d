/**
 * Texts close to the given one that the model answers otherwise, with what was changed marked in place.
 *
 * @module
 */
import { nameOf, percent, plain, visible } from "@hyaline/core/render";
import { say, t } from "../strings/mod.ts";
import type { ViewProps } from "./view.tsx";

export function Changes({ explanation }: ViewProps<"counterfactuals">) {
  const { items } = explanation.data;
  if (items.length === 0) return <p class="quiet">{t.value.views.noChanges}</p>;
  return (
    <ol class="changes">
      {items.map(({ text, edits, value, prediction }, i) => (
        <li key={i}>
          <p class="text small" dir="auto">{visible(text)}</p>
          <p>
            {edits.map(({ from, to }, k) => (
              <span key={k} class="edit">
                <del>{visible(from)}</del> → {to ? <ins>{visible(to)}</ins> : <i>{say.value.removed}</i>}
              </span>
            ))}
          </p>
          <p class="quiet">
            {visible(nameOf(prediction))}
            {prediction.probability === undefined ? "" : ` ${percent(prediction.probability)}`} ·{" "}
            {t.value.views.targetNow(plain(value, 3))}
          </p>
        </li>
      ))}
    </ol>
  );
}
