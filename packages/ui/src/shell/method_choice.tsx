/**
 * Which methods, several at once, and their options: all of it read from manifests.
 *
 * @module
 */
import { visible } from "@hyaline/core/render";
import { useId } from "preact/hooks";
import type { MethodInfo } from "../engine/engine.ts";
import { change, part } from "../state/asking.ts";
import { methods } from "../state/engines.ts";
import type { Asked } from "../state/question.ts";
import { language, t } from "../strings/mod.ts";
import { OptionsForm } from "./options_form.tsx";
import { Plugins } from "./plugins.tsx";

export const titleOf = ({ title, titles }: MethodInfo): string => visible(titles[language.value] ?? title);
const summaryOf = ({ summary, summaries }: MethodInfo): string => visible(summaries[language.value] ?? summary);

export function MethodChoice() {
  const words = t.value.shell, chosen = part.methods.value;
  const revise = (list: readonly Asked[]): void => {
    if (list.length) change({ methods: list });
  };
  return (
    <fieldset class="methods">
      <legend class="unseen">{words.methods}</legend>
      {methods.value.map((method) => (
        <Method
          key={method.id}
          method={method}
          asked={chosen.find(({ id }) => id === method.id)}
          only={chosen.length === 1}
          onChange={(asked) => revise(placed(chosen, method.id, asked))}
        />
      ))}
      <Plugins />
    </fieldset>
  );
}

/** The list with one method put in, changed in its place, or taken out. */
const placed = (list: readonly Asked[], id: string, asked: Asked | undefined): readonly Asked[] =>
  !asked
    ? list.filter((one) => one.id !== id)
    : list.some((one) => one.id === id)
    ? list.map((one) => (one.id === id ? asked : one))
    : [...list, asked];

interface MethodProps {
  readonly method: MethodInfo;
  readonly asked: Asked | undefined;
  /** The last one cannot be taken out. */
  readonly only: boolean;
  onChange(asked: Asked | undefined): void;
}

function Method({ method, asked, only, onChange }: MethodProps) {
  const id = useId(), words = t.value.shell;
  return (
    <div class={asked ? "method chosen" : "method"}>
      <input
        id={id}
        type="checkbox"
        checked={asked !== undefined}
        aria-describedby={`${id}-summary`}
        disabled={asked !== undefined && only}
        onChange={(event) => onChange(event.currentTarget.checked ? { id: method.id, options: {} } : undefined)}
      />
      <label for={id}>{titleOf(method)}</label>
      <p id={`${id}-summary`} class="quiet">
        {summaryOf(method)} <span class="cost">{words.cost(visible(method.cost))}</span>
      </p>
      {asked
        ? (
          <OptionsForm
            schema={method.options}
            options={asked.options}
            of={titleOf(method)}
            onChange={(options) => onChange({ id: method.id, options })}
          />
        )
        : null}
    </div>
  );
}
