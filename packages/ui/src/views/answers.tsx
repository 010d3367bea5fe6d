/**
 * The question and what the model answers, most likely first.
 *
 * @module
 */
import { describe, percent, visible } from "@hyaline/core/render";
import type { Explanation } from "@hyaline/core/result";
import { say, t } from "../strings/mod.ts";

const most = 5;

export function Answers({ explanation }: { explanation: Explanation }) {
  const { question, answers } = describe(explanation, say.value), { model } = explanation;
  return (
    <header class="answers">
      <h2>{visible(question)}</h2>
      <ul aria-label={say.value.answers}>
        {answers.slice(0, most).map(({ label, value, probability, explained }, i) => (
          <li key={i} class={explained ? "this" : ""}>
            <span class="name">
              {visible(label)}
              {explained ? <span class="unseen">({t.value.views.explained})</span> : null}
            </span>
            <b>{probability === undefined ? value : percent(probability)}</b>
            {probability === undefined
              ? null
              : <i class="bar" style={{ "--share": `${probability}` }} aria-hidden="true" />}
          </li>
        ))}
      </ul>
      <p class="quiet">{visible(model.id)} · {visible(model.dtype)}</p>
    </header>
  );
}
