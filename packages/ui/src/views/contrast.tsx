/**
 * Why this and not that: pieces that speak for the target to its side, pieces that speak for the foil to the other, strongest first.
 *
 * @module
 */
import { nameOf, percent, scaleOf, unitsOf, visible } from "@hyaline/core/render";
import type { ExplanationOf } from "@hyaline/core/result";
import { say, t } from "../strings/mod.ts";
import { writerOf } from "./tokens.tsx";

const shown = 8;

export function Contrast({ explanation }: { explanation: ExplanationOf<"token-scores"> }) {
  const { target, predictions } = explanation, { foil } = target;
  if (!foil || !explanation.signed) return null;
  const units = unitsOf(explanation), scale = scaleOf(units), write = writerOf(explanation), words = t.value.views;
  const ranked = units.filter(({ special, score }) => !special && score !== 0).sort((a, b) =>
    Math.abs(b.score) - Math.abs(a.score)
  );
  const side = (
    index: number,
    sign: 1 | -1,
    answer: { label?: string | undefined; index: number; probability?: number | undefined },
  ) => {
    const mine = ranked.filter(({ score }) => score * sign > 0),
      probability = answer.probability ?? predictions.find((p) => p.index === index)?.probability;
    return (
      <section class={sign > 0 ? "for" : "against"}>
        <h4>
          {words.forAnswer(say.value.quoted(visible(nameOf(answer))))}{" "}
          {probability === undefined ? null : <small class="quiet">{percent(probability)}</small>}
        </h4>
        {mine.length === 0 ? <p class="quiet">{words.nothingFor}</p> : null}
        <ul>
          {mine.slice(0, shown).map(({ text, score, tokens }) => (
            <li key={tokens[0]}>
              <span class="word">{visible(text)}</span>
              <span class="score-bar">
                <i class={sign > 0 ? "plus" : "less"} style={{ width: `${(100 * Math.abs(score)) / scale}%` }} />
              </span>
              <b>{write(score)}</b>
            </li>
          ))}
        </ul>
        {mine.length > shown ? <p class="quiet">{words.andMore(mine.length - shown)}</p> : null}
      </section>
    );
  };
  return (
    <div class="contrast">
      {side(target.index, 1, { label: target.label, index: target.index })}
      {side(foil.index, -1, foil)}
    </div>
  );
}
