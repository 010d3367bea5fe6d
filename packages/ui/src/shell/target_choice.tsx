/**
 * Which answer to explain, against which other one, or a continuation token by token.
 *
 * @module
 */
import { visible } from "@hyaline/core/render";
import { useId } from "preact/hooks";
import { change, part, shown } from "../state/asking.ts";
import { t } from "../strings/mod.ts";

/** Longer than for a text: a half-typed name of a class is an error. */
const PAUSE = 700;

export function TargetChoice() {
  const words = t.value.shell;
  const target = part.target.value, foil = part.foil.value, said = part.said.value;
  const { predictions, target: { position } } = shown.value?.explanations[0] ?? { predictions: [], target: {} };
  const names = predictions.map(({ label, index }) => label ?? `#${index}`), speaks = position !== undefined;
  return (
    <fieldset>
      <legend class="unseen">{words.target}</legend>
      <Answer
        label={words.why}
        hint={words.whyHint}
        names={names}
        value={target}
        onInput={(target) => change({ target, said: "" }, PAUSE)}
      />
      <Answer
        label={words.notThis}
        hint={words.notThisHint}
        names={names}
        value={foil}
        onInput={(foil) => change({ foil, said: "" }, PAUSE)}
      />
      {speaks || said
        ? (
          <Answer
            label={words.said}
            hint={words.saidHint}
            names={[]}
            value={said}
            onInput={(said) => change({ said, target: "", foil: "" }, PAUSE)}
          />
        )
        : null}
    </fieldset>
  );
}

interface AnswerProps {
  readonly label: string;
  readonly hint: string;
  readonly names: readonly string[];
  readonly value: string;
  onInput(value: string): void;
}

function Answer({ label, hint, names, value, onInput }: AnswerProps) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        list={`${id}-names`}
        autocomplete="off"
        spellcheck={false}
        placeholder={hint}
        value={value}
        onInput={(event) => onInput(event.currentTarget.value)}
      />
      <datalist id={`${id}-names`}>
        {names.map((name) => <option key={name} value={name}>{visible(name)}</option>)}
      </datalist>
    </div>
  );
}
