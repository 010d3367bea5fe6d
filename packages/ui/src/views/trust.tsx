/**
 * "How far may I trust this?": what was checked and how it came out, whether other methods agree, and what the method cannot see.
 *
 * @module
 */
import { describe, visible } from "@hyaline/core/render";
import type { Explanation } from "@hyaline/core/result";
import { language, say, t } from "../strings/mod.ts";
import { type Method, saidIn } from "./method.ts";
import { Reference } from "./reference.tsx";

interface TrustProps {
  readonly explanation: Explanation;
  /** How the method is called. */
  readonly title: string;
  readonly method?: Method | undefined;
  /** Tries small changes of the text and adds the check that tells how the explanation took them. */
  readonly onStability?: (() => void) | undefined;
}

export function Trust({ explanation, title, method, onStability }: TrustProps) {
  const words = t.value.views, { checks, notes } = describe(explanation, say.value);
  const ids = explanation.diagnostics.checks.map(({ id }) => id);
  const passed = checks.filter((check) => check.passed === true).length;
  const failed = checks.filter((check) => check.passed === false).length;
  const limits = method && saidIn(language.value, method.limits, method.limitsIn);
  const summary = method && saidIn(language.value, method.summary, method.summaries);
  return (
    <aside class="trust" role="note" aria-label={`${words.trust} ${title}`}>
      <h4>{words.trust}</h4>
      <p class={failed ? "verdict failed" : passed ? "verdict passed" : "verdict"}>
        {failed
          ? words.someFailed(failed)
          : passed
          ? words.allPassed(passed)
          : checks.length
          ? words.onlyMeasured
          : words.noChecks}
      </p>
      <ul class="checks">
        {checks.map(({ mark, status, passed, title, summary }, i) => {
          const about = words.about[ids[i] as keyof typeof words.about];
          return (
            <li key={ids[i]} class={passed === undefined ? "measured" : passed ? "passed" : "failed"}>
              <span class="sign" aria-hidden="true">{mark}</span>
              <div>
                <b>{visible(title)}</b> <span class="quiet">({status})</span>
                {(ids[i] === "agreement" ? summary.split(/; |；/) : [summary]).map((part) => (
                  <p key={part}>{visible(part)}</p>
                ))}
                {about
                  ? (
                    <details>
                      <summary>
                        {words.whatThisMeans}
                        <span class="unseen">: {visible(title)}</span>
                      </summary>
                      <p>{about}</p>
                    </details>
                  )
                  : null}
              </div>
            </li>
          );
        })}
      </ul>
      {onStability && !ids.includes("stability")
        ? (
          <p>
            <button type="button" onClick={onStability}>{words.tryStability}</button>
          </p>
        )
        : null}
      {limits
        ? (
          <>
            <h5>{words.blind}</h5>
            <p>{visible(limits)}</p>
          </>
        )
        : null}
      {notes.length
        ? (
          <>
            <h5>{say.value.notes}</h5>
            {notes.map((note) => <p key={note}>{visible(note)}</p>)}
          </>
        )
        : null}
      {method && (summary || method.references?.length)
        ? (
          <details>
            <summary>{words.learn}</summary>
            {summary ? <p>{visible(summary)}</p> : null}
            <ul class="references">
              {method.references?.map((text) => (
                <li key={text}>
                  <Reference text={text} />
                </li>
              ))}
            </ul>
          </details>
        )
        : null}
    </aside>
  );
}
