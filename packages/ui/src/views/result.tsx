/**
 * All that was asked in one go: the question, the answers, each method's picture with how far to trust it, and methods side by side.
 *
 * @module
 */
import { methodName, sameTokens, visible } from "@hyaline/core/render";
import type { Explanation, ExplanationOf } from "@hyaline/core/result";
import { useState } from "preact/hooks";
import { language, say, t } from "../strings/mod.ts";
import { Answers } from "./answers.tsx";
import { Comparison } from "./comparison.tsx";
import { Contrast } from "./contrast.tsx";
import { describe } from "@hyaline/core/render";
import { Generated, targetsOf } from "./generated.tsx";
import { Ledger } from "./ledger.tsx";
import { type Method, saidIn } from "./method.ts";
import { type Pairs, pairsOf, sameText } from "./pairs.ts";
import { Trust } from "./trust.tsx";
import { View } from "./view.tsx";

export interface ResultProps {
  readonly explanations: readonly Explanation[];
  /** What manifests say of methods, by id. */
  readonly methods: ReadonlyMap<string, Method>;
  /** Asks for scores between tokens of this explanation's text, so that a chosen word can show its pairs. */
  readonly onPairs?: ((explanation: Explanation) => void) | undefined;
  /** Asks how this explanation takes small changes of the text. */
  readonly onStability?: ((explanation: Explanation) => void) | undefined;
}

export function Result(props: ResultProps) {
  const targets = targetsOf(props.explanations),
    [chosen, choose] = useState(0),
    now = Math.min(chosen, targets.length - 1);
  const position = targets[now]?.target.position;
  const shown = targets.length
    ? props.explanations.filter(({ target }) => target.position === position)
    : props.explanations;
  return (
    <div class="result">
      {targets.length ? <Generated targets={targets} chosen={now} onChoose={choose} /> : null}
      {sameTokens(shown).map((group, i, groups) => (
        <section key={`${position}-${i}`} class="group">
          {answeredAlike(groups[i - 1]?.[0], group[0]!) ? null : <Answers explanation={group[0]!} />}
          {group.length > 1
            ? (
              <Comparison
                group={group as ExplanationOf<"token-scores">[]}
                nameOf={(one) => titleOf(one, props.methods)}
              />
            )
            : null}
          {group.map((explanation, k) => <One key={k} {...{ explanation, ...props }} />)}
        </section>
      ))}
    </div>
  );
}

/** Whether two results answer the same question on the same text: it is then asked once. */
const answeredAlike = (before: Explanation | undefined, now: Explanation): boolean =>
  before !== undefined && sameText(before, now) && before.target.index === now.target.index &&
  before.target.foil?.index === now.target.foil?.index;

/** A method as people call it, with what tells it from itself: "LRP · cp-lrp". */
export function titleOf(explanation: Explanation, methods: ReadonlyMap<string, Method>): string {
  const method = methods.get(explanation.method.id), [, ...variant] = methodName(explanation).split(" · ");
  const title = method && saidIn(language.value, method.title, method.titles);
  return [visible(title ?? explanation.method.id), ...variant.map(visible)].join(" · ");
}

function One({ explanation, explanations, methods, onPairs, onStability }: ResultProps & { explanation: Explanation }) {
  const pairs = explanations.filter((other) => sameText(explanation, other)).map(pairsOf).find((
    found,
  ): found is Pairs => found !== undefined);
  const { reading, ledger, cost } = describe(explanation, say.value), title = titleOf(explanation, methods);
  return (
    <article>
      <div class="picture">
        <h3>{title}</h3>
        <View
          explanation={explanation}
          pairs={pairs}
          onPairs={!pairs && onPairs ? () => onPairs(explanation) : undefined}
        />
        {explanation.type === "token-scores" ? <Contrast explanation={explanation} /> : null}
        {reading.map((line) => <p key={line} class="reading">{visible(line)}</p>)}
        {ledger ? <Ledger ledger={ledger} /> : null}
      </div>
      <Trust
        explanation={explanation}
        title={title}
        method={methods.get(explanation.method.id)}
        onStability={onStability && explanation.type === "token-scores" ? () => onStability(explanation) : undefined}
      />
      <p class="cost quiet">{t.value.views.cost(cost)}</p>
    </article>
  );
}
