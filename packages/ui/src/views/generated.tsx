/**
 * Generated text: each token that was explained can be chosen, and its evidence is shown.
 *
 * @module
 */
import { nameOf, percent, visible } from "@hyaline/core/render";
import type { Explanation } from "@hyaline/core/result";
import { t } from "../strings/mod.ts";
import { useStops } from "./stops.ts";

interface GeneratedProps {
  /** One explanation for each generated token, in the order of the text. */
  readonly targets: readonly Explanation[];
  readonly chosen: number;
  onChoose(target: number): void;
}

/** The first explanation of each position of one generated text, in order; fewer than two of them are not a text. */
export function targetsOf(explanations: readonly Explanation[]): Explanation[] {
  const at = new Map<number, Explanation>();
  for (const explanation of explanations) {
    const { kind, position } = explanation.target;
    if ((kind === "token" || kind === "index") && position !== undefined && !at.has(position)) {
      at.set(position, explanation);
    }
  }
  return at.size > 1 ? [...at.keys()].sort((a, b) => a - b).map((position) => at.get(position)!) : [];
}

export function Generated({ targets, chosen, onChoose }: GeneratedProps) {
  const { container, stop } = useStops<HTMLDivElement>(targets.length), words = t.value.views;
  const first = targets[0]!,
    before = first.text?.slice(0, first.tokens[first.target.position! + 1]?.start ?? first.text.length);
  return (
    <section class="generated">
      <h2>{words.generatedTitle}</h2>
      <p class="quiet">{words.generatedHint}</p>
      <div {...container} class="text" role="group" aria-label={words.generatedTitle}>
        <p dir="auto">
          {before === undefined ? null : [<span key="before" class="quiet">{visible(before.trimEnd())}</span>, " "]}
          {targets.map(({ target }, i) => {
            const { onFocus, ...focus } = stop(i);
            return [
              i ? " " : "",
              <span
                {...focus}
                key={i}
                class={i === chosen ? "piece said chosen" : "piece said"}
                role="button"
                aria-pressed={i === chosen}
                aria-label={`${visible(nameOf(target))}${
                  target.probability === undefined ? "" : `, ${words.certain(percent(target.probability))}`
                }`}
                onFocus={onFocus}
                onClick={() => onChoose(i)}
                onKeyDown={(event) => {
                  if (event.key !== "Enter" && event.key !== " ") return;
                  event.preventDefault();
                  onChoose(i);
                }}
              >
                {visible(nameOf(target))}
              </span>,
            ];
          })}
        </p>
      </div>
    </section>
  );
}
