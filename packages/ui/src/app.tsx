/**
 * The page: a text, a model, methods, and why.
 *
 * @module
 */
import type { Explanation } from "@hyaline/core/result";
import { useEffect, useMemo } from "preact/hooks";
import { Missing, Top } from "./shell/top.tsx";
import { HowBuilt } from "./shell/built.tsx";
import { Choices } from "./shell/choices.tsx";
import { Drop } from "./shell/drop.tsx";
import { Editor } from "./shell/editor.tsx";
import { PluginOffer } from "./shell/plugins.tsx";
import { Heavy, Problem, StateLine } from "./shell/state_line.tsx";
import { TakeAlong } from "./shell/take_along.tsx";
import { Shift, WhatIf } from "./shell/what_if.tsx";
import { change, old, shown } from "./state/asking.ts";
import { methodsById } from "./state/engines.ts";
import { follow } from "./state/history.ts";
import { askPairs } from "./state/pairs.ts";
import { tryStability } from "./state/stability.ts";
import { t } from "./strings/mod.ts";
import { Result } from "./views/mod.ts";

export function App() {
  useEffect(() => {
    void follow(change).then((linked) => linked || change({}));
  }, []);
  return (
    <Drop>
      <Top />
      <main>
        <h1 class="unseen">{t.value.title}</h1>
        <Missing />
        <Editor />
        <Choices />
        <PluginOffer />
        <Heavy />
        <WhatIf />
        <StateLine />
        <Problem />
        {shown.value ? <Answer /> : null}
      </main>
    </Drop>
  );
}

function Answer() {
  const now = shown.value!, words = t.value.shell, isOld = old.value;
  // The same elements as long as the same answers are shown: while one types only the text is drawn anew.
  const methods = methodsById.value, before = useMemo(() => result(now.explanations), [now.explanations, methods]);
  const after = useMemo(() => result(now.changed), [now.changed, methods]);
  return (
    <div class={isOld ? "shown old" : "shown"} aria-busy={isOld}>
      {now.question.changed === undefined ? before : (
        <>
          <Shift shown={now} />
          <div class="sides">
            <section aria-label={words.before}>
              <h2 class="side">{words.before}</h2>
              {before}
            </section>
            <section aria-label={words.after}>
              <h2 class="side">{words.after}</h2>
              {now.changed.length ? after : null}
            </section>
          </div>
        </>
      )}
      {now.whole && !isOld ? <TakeAlong shown={now} /> : null}
      {now.whole && !isOld ? <HowBuilt shown={now} /> : null}
    </div>
  );
}

const result = (explanations: readonly Explanation[]) => (
  <Result
    explanations={explanations}
    methods={methodsById.value}
    onPairs={askPairs()}
    onStability={(explanation) => void tryStability(explanation)}
  />
);
