/**
 * Where the text is written: the page's largest type, growing with what stands in it.
 *
 * @module
 */
import { useId } from "preact/hooks";
import { change, part } from "../state/asking.ts";
import { LONGEST } from "../state/question.ts";
import { t } from "../strings/mod.ts";
import { examplesOf } from "./examples.ts";

/** Milliseconds without a key after which the text is explained. */
const PAUSE = 300;

export function Editor() {
  const id = useId(), words = t.value.shell, text = part.text.value, model = part.model.value;
  const examples = examplesOf(model).filter((example) => example !== text);
  return (
    <div class="editor">
      <label for={id} class="unseen">{words.text}</label>
      <div class="grows" data-text={`${text} `}>
        <textarea
          id={id}
          rows={1}
          spellcheck={false}
          maxLength={LONGEST}
          placeholder={words.placeholder}
          value={text}
          onInput={(event) => change({ text: event.currentTarget.value, changed: undefined }, PAUSE)}
        />
      </div>
      {examples.length
        ? (
          <p class="examples">
            <span class="quiet">{words.examples}</span>
            {examples.map((example) => (
              <button
                key={example}
                type="button"
                onClick={() => change({ text: example, changed: undefined })}
              >
                {example}
              </button>
            ))}
          </p>
        )
        : null}
    </div>
  );
}
