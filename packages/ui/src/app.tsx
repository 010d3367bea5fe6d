/**
 * The page: a text, a model, methods, and why.
 *
 * @module
 */
import { useEffect } from "preact/hooks";
import { Missing, Top } from "./shell/top.tsx";
import { HowBuilt } from "./shell/built.tsx";
import { Choices } from "./shell/choices.tsx";
import { Drop } from "./shell/drop.tsx";
import { Editor } from "./shell/editor.tsx";
import { Heavy, Problem, StateLine } from "./shell/state_line.tsx";
import { TakeAlong } from "./shell/take_along.tsx";
import { Shift, WhatIf } from "./shell/what_if.tsx";
import { change, question, shown } from "./state/asking.ts";
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
  const now = shown.value!, words = t.value.shell, old = now.question !== question.value;
  const result = (explanations: typeof now.explanations) => (
    <Result
      explanations={explanations}
      methods={methodsById.value}
      onPairs={askPairs()}
      onStability={(explanation) => void tryStability(explanation)}
    />
  );
  return (
    <div class={old ? "shown old" : "shown"} aria-busy={old}>
      {now.question.changed === undefined ? result(now.explanations) : (
        <>
          <Shift shown={now} />
          <div class="sides">
            <section aria-label={words.before}>
              <h2 class="side">{words.before}</h2>
              {result(now.explanations)}
            </section>
            <section aria-label={words.after}>
              <h2 class="side">{words.after}</h2>
              {now.changed.length ? result(now.changed) : null}
            </section>
          </div>
        </>
      )}
      {now.whole && !old ? <TakeAlong shown={now} /> : null}
      {now.whole && !old ? <HowBuilt shown={now} /> : null}
    </div>
  );
}
